# Why can a VAE with a huge latent space not be sampled?

STUDY_PARTS["latentsize"] = [
    "symptoms",
    "runlength",
    "bubbles",
    "runs",
]
STUDY_DATASETS["latentsize"] = ["digits"]
STUDY_FIGURES["latentsize"] = [
    "latentsize-symptoms",
    "latentsize-two-losses",
    "latentsize-coordinates",
    "latentsize-unit-noise",
    "latentsize-fuzzy-code",
    "latentsize-symptom-pictures",
    "latentsize-run-length",
    "latentsize-bubbles",
    "latentsize-runs",
]


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
