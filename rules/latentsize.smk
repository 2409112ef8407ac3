# Why can a VAE with a huge latent space not be sampled?

STUDY_PARTS["latentsize"] = [
    "overfitting",
    "accounts",
    "symptoms",
    "runlength",
    "bubbles",
    "runs",
    "dimensions",
    "ladder",
    "rotation",
    "supports",
    "manifold",
    "features",
    "sliders",
]
STUDY_DATASETS["latentsize"] = ["digits"]


rule latentsize_symptoms:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of("latentsize", *CONFIG.latentsize.symptoms.models, "classifier"),
        code=code("studies.latentsize.symptoms"),
    output:
        results("measurements/latentsize/symptoms.csv"),
        results("figures/latentsize-symptoms.npz"),
        results("figures/latentsize-two-losses.npz"),
        results("figures/latentsize-coordinates.npz"),
        results("figures/latentsize-unit-noise.npz"),
        results("figures/latentsize-fuzzy-code.npz"),
        results("figures/latentsize-symptom-pictures.npz"),
        results("manifests/latentsize/symptoms.json"),
    log:
        results("logs/latentsize/symptoms.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1900,
    params:
        cfg=block("latentsize.symptoms"),
    shell:
        "python -m soapbubble measure latentsize.symptoms --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule latentsize_runlength:
    input:
        code=code("studies.latentsize.runlength"),
    output:
        results("measurements/latentsize/runlength.csv"),
        results("figures/latentsize-run-length.npz"),
        results("manifests/latentsize/runlength.json"),
    log:
        results("logs/latentsize/runlength.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    params:
        cfg=block("latentsize.runlength"),
    shell:
        "python -m soapbubble measure latentsize.runlength --cfg {params.cfg:q} --output {output} --log {log}"


rule latentsize_bubbles:
    input:
        code=code("studies.latentsize.bubbles"),
    output:
        results("measurements/latentsize/bubbles.csv"),
        results("figures/latentsize-bubbles.npz"),
        results("manifests/latentsize/bubbles.json"),
    log:
        results("logs/latentsize/bubbles.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    params:
        cfg=block("latentsize.bubbles"),
    shell:
        "python -m soapbubble measure latentsize.bubbles --cfg {params.cfg:q} --output {output} --log {log}"


rule latentsize_runs:
    input:
        code=code("studies.latentsize.runs"),
    output:
        results("measurements/latentsize/runs.csv"),
        results("figures/latentsize-runs.npz"),
        results("manifests/latentsize/runs.json"),
    log:
        results("logs/latentsize/runs.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    params:
        cfg=block("latentsize.runs"),
    shell:
        "python -m soapbubble measure latentsize.runs --cfg {params.cfg:q} --output {output} --log {log}"


rule latentsize_dimensions:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of("latentsize", *CONFIG.latentsize.dimensions.models, "classifier"),
        code=code("studies.latentsize.dimensions"),
    output:
        results("measurements/latentsize/dimensions.csv"),
        results("figures/latentsize-dimensions.npz"),
        results("manifests/latentsize/dimensions.json"),
    log:
        results("logs/latentsize/dimensions.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1900,
    params:
        cfg=block("latentsize.dimensions"),
    shell:
        "python -m soapbubble measure latentsize.dimensions --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule latentsize_ladder:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of(
            "latentsize", *CONFIG.latentsize.ladder.models, *CONFIG.latentsize.ladder.longer.values(), "classifier"
        ),
        code=code("studies.latentsize.ladder"),
    output:
        results("measurements/latentsize/ladder.csv"),
        results("figures/latentsize-waterfall.npz"),
        results("figures/latentsize-scales.npz"),
        results("figures/latentsize-samples.npz"),
        results("manifests/latentsize/ladder.json"),
    log:
        results("logs/latentsize/ladder.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1900,
    params:
        cfg=block("latentsize.ladder"),
    shell:
        "python -m soapbubble measure latentsize.ladder --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule latentsize_rotation:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of("latentsize", *CONFIG.latentsize.rotation.models, "classifier"),
        code=code("studies.latentsize.rotation"),
    output:
        results("measurements/latentsize/rotation.csv"),
        results("figures/latentsize-scree.npz"),
        results("manifests/latentsize/rotation.json"),
    log:
        results("logs/latentsize/rotation.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1900,
    params:
        cfg=block("latentsize.rotation"),
    shell:
        "python -m soapbubble measure latentsize.rotation --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule latentsize_supports:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of("latentsize", *CONFIG.latentsize.supports.models, "classifier"),
        code=code("studies.latentsize.supports"),
    output:
        results("measurements/latentsize/supports.csv"),
        results("figures/latentsize-overlap.npz"),
        results("figures/latentsize-rings.npz"),
        results("manifests/latentsize/supports.json"),
    log:
        results("logs/latentsize/supports.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1900,
    params:
        cfg=block("latentsize.supports"),
    shell:
        "python -m soapbubble measure latentsize.supports --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule latentsize_manifold:
    input:
        code=code("studies.latentsize.manifold"),
    output:
        results("measurements/latentsize/manifold.csv"),
        results("figures/latentsize-swiss-roll.npz"),
        results("manifests/latentsize/manifold.json"),
    log:
        results("logs/latentsize/manifold.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=600,
    params:
        cfg=block("latentsize.manifold"),
    shell:
        "python -m soapbubble measure latentsize.manifold --cfg {params.cfg:q} --output {output} --log {log}"


rule latentsize_features:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of(
            "latentsize",
            "dense-2",
            "dense-8",
            "dense-16",
            "dense-64",
            "dense-256",
            "dense-1024",
            "grid-8x8x1",
            "grid-8x8x4",
            "grid-8x8x16",
            "grid-8x8x1024",
            "grid-8x8x1024-mean",
            "classifier",
        ),
        code=code("studies.latentsize.features"),
    output:
        results("measurements/latentsize/features.csv"),
        results("figures/latentsize-elbo-by-size.npz"),
        results("figures/latentsize-description-length.npz"),
        results("manifests/latentsize/features.json"),
    log:
        results("logs/latentsize/features.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=block("latentsize.features"),
    shell:
        "python -m soapbubble measure latentsize.features --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule latentsize_sliders:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of("latentsize", "dense-16", "dense-64", "grid-8x8x1024"),
        code=code("studies.latentsize.sliders"),
    output:
        results("measurements/latentsize/sliders.csv"),
        results("figures/latentsize-traversals.npz"),
        results("figures/latentsize-sliders.npz"),
        results("manifests/latentsize/sliders.json"),
    log:
        results("logs/latentsize/sliders.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=block("latentsize.sliders"),
    shell:
        "python -m soapbubble measure latentsize.sliders --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule latentsize_overfitting:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of(
            "latentsize",
            *sorted({*CONFIG.latentsize.overfitting.models, *CONFIG.latentsize.overfitting.curves}),
            "classifier",
        ),
        code=code("studies.latentsize.overfitting"),
    output:
        results("measurements/latentsize/overfitting.csv"),
        results("figures/latentsize-overfitting.npz"),
        results("figures/latentsize-neighbours.npz"),
        results("figures/latentsize-held-out-pictures.npz"),
        results("figures/latentsize-global-features.npz"),
        results("figures/latentsize-curves.npz"),
        results("manifests/latentsize/overfitting.json"),
    log:
        results("logs/latentsize/overfitting.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=2000,
    params:
        cfg=block("latentsize.overfitting"),
    shell:
        "python -m soapbubble measure latentsize.overfitting --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule latentsize_accounts:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of("latentsize", *CONFIG.latentsize.accounts.cells, "classifier"),
        code=code("studies.latentsize.accounts"),
    output:
        results("measurements/latentsize/accounts.csv"),
        results("figures/latentsize-four-cells.npz"),
        results("figures/latentsize-accounts.npz"),
        results("figures/latentsize-foretelling.npz"),
        results("figures/latentsize-ways.npz"),
        results("manifests/latentsize/accounts.json"),
    log:
        results("logs/latentsize/accounts.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=2000,
    params:
        cfg=block("latentsize.accounts"),
    shell:
        "python -m soapbubble measure latentsize.accounts --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"
