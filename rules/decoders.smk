# Why does an untrained decoder print blobs, not noise?

STUDY_PARTS["decoders"] = [
    "structure",
    "inputs",
    "generators",
    "theory",
    "factors",
    "cascade",
    "outlines",
    "bottleneck",
    "semantics",
    "observer",
    "quality",
    "initialisation",
    "priorart",
]
STUDY_DATASETS["decoders"] = ["digits", "photos", "faces"]


rule decoders_structure:
    input:
        code=code("studies.decoders.structure"),
    output:
        results("measurements/decoders/structure.csv"),
        results("figures/decoders-operators-and-latents.npz"),
        results("figures/decoders-randomness.npz"),
        results("figures/decoders-tone-regions.npz"),
        results("manifests/decoders/structure.json"),
    log:
        results("logs/decoders/structure.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    params:
        cfg=block("decoders.structure"),
    shell:
        "python -m soapbubble measure decoders.structure --cfg {params.cfg:q} --output {output} --log {log}"


rule decoders_inputs:
    input:
        data=results("data/faces.npy"),
        card=results("data/faces.json"),
        code=code("studies.decoders.inputs"),
    output:
        results("measurements/decoders/inputs.csv"),
        results("figures/decoders-rebuilt-pictures.npz"),
        results("figures/decoders-encoder-or-decoder.npz"),
        results("figures/decoders-fixed-and-changing.npz"),
        results("manifests/decoders/inputs.json"),
    log:
        results("logs/decoders/inputs.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    params:
        cfg=block("decoders.inputs"),
    shell:
        "python -m soapbubble measure decoders.inputs --cfg {params.cfg:q} --data {input.data} "
        "--output {output} --log {log}"


rule decoders_generators:
    input:
        code=code("studies.decoders.generators"),
    output:
        results("measurements/decoders/generators.csv"),
        results("figures/decoders-generators.npz"),
        results("figures/decoders-published.npz"),
        results("manifests/decoders/generators.json"),
    log:
        results("logs/decoders/generators.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    params:
        cfg=block("decoders.generators"),
    shell:
        "python -m soapbubble measure decoders.generators --cfg {params.cfg:q} --output {output} --log {log}"


rule decoders_theory:
    input:
        code=code("studies.decoders.theory"),
    output:
        results("measurements/decoders/theory.csv"),
        results("figures/decoders-theory.npz"),
        results("figures/decoders-kurtosis.npz"),
        results("figures/decoders-predicted.npz"),
        results("manifests/decoders/theory.json"),
    log:
        results("logs/decoders/theory.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=block("decoders.theory"),
    shell:
        "python -m soapbubble measure decoders.theory --cfg {params.cfg:q} --output {output} --log {log}"


rule decoders_factors:
    input:
        code=code("studies.decoders.factors"),
    output:
        results("measurements/decoders/factors.csv"),
        results("figures/decoders-ingredients.npz"),
        results("figures/decoders-length-by-depth.npz"),
        results("figures/decoders-activations.npz"),
        results("figures/decoders-size.npz"),
        results("manifests/decoders/factors.json"),
    log:
        results("logs/decoders/factors.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    params:
        cfg=block("decoders.factors"),
    shell:
        "python -m soapbubble measure decoders.factors --cfg {params.cfg:q} --output {output} --log {log}"


rule decoders_cascade:
    input:
        code=code("studies.decoders.cascade"),
    output:
        results("measurements/decoders/cascade.csv"),
        results("figures/decoders-pairs.npz"),
        results("figures/decoders-ladder.npz"),
        results("manifests/decoders/cascade.json"),
    log:
        results("logs/decoders/cascade.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    params:
        cfg=block("decoders.cascade"),
    shell:
        "python -m soapbubble measure decoders.cascade --cfg {params.cfg:q} --output {output} --log {log}"


rule decoders_outlines:
    input:
        data=[results("data/faces.npy"), results("data/photos.npy")],
        cards=[results("data/faces.json"), results("data/photos.json")],
        code=code("studies.decoders.outlines"),
    output:
        results("measurements/decoders/outlines.csv"),
        results("figures/decoders-outline-pictures.npz"),
        results("figures/decoders-outline-by-snr.npz"),
        results("manifests/decoders/outlines.json"),
    log:
        results("logs/decoders/outlines.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=block("decoders.outlines"),
    shell:
        "python -m soapbubble measure decoders.outlines --cfg {params.cfg:q} --data {input.data} "
        "--output {output} --log {log}"


rule decoders_bottleneck:
    input:
        data=[results("data/faces.npy"), results("data/photos.npy")],
        cards=[results("data/faces.json"), results("data/photos.json")],
        code=code("studies.decoders.bottleneck"),
    output:
        results("measurements/decoders/bottleneck.csv"),
        results("figures/decoders-bottleneck.npz"),
        results("manifests/decoders/bottleneck.json"),
    log:
        results("logs/decoders/bottleneck.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=block("decoders.bottleneck"),
    shell:
        "python -m soapbubble measure decoders.bottleneck --cfg {params.cfg:q} --data {input.data} "
        "--output {output} --log {log}"


rule decoders_semantics:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        code=code("studies.decoders.semantics"),
    output:
        results("measurements/decoders/semantics.csv"),
        results("figures/decoders-semantics.npz"),
        results("manifests/decoders/semantics.json"),
    log:
        results("logs/decoders/semantics.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    params:
        cfg=block("decoders.semantics"),
    shell:
        "python -m soapbubble measure decoders.semantics --cfg {params.cfg:q} --data {input.data} "
        "--output {output} --log {log}"


rule decoders_observer:
    input:
        code=code("studies.decoders.observer"),
    output:
        results("measurements/decoders/observer.csv"),
        results("figures/decoders-observer.npz"),
        results("manifests/decoders/observer.json"),
    log:
        results("logs/decoders/observer.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=block("decoders.observer"),
    shell:
        "python -m soapbubble measure decoders.observer --cfg {params.cfg:q} --output {output} --log {log}"


rule decoders_quality:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        code=code("studies.decoders.quality"),
    output:
        results("measurements/decoders/quality.csv"),
        results("figures/decoders-quality.npz"),
        results("manifests/decoders/quality.json"),
    log:
        results("logs/decoders/quality.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    params:
        cfg=block("decoders.quality"),
    shell:
        "python -m soapbubble measure decoders.quality --cfg {params.cfg:q} --data {input.data} "
        "--output {output} --log {log}"


rule decoders_initialisation:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        code=code("studies.decoders.initialisation"),
    output:
        results("measurements/decoders/initialisation.csv"),
        results("figures/decoders-initialisation.npz"),
        results("manifests/decoders/initialisation.json"),
    log:
        results("logs/decoders/initialisation.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    params:
        cfg=block("decoders.initialisation"),
    shell:
        "python -m soapbubble measure decoders.initialisation --cfg {params.cfg:q} --data {input.data} "
        "--output {output} --log {log}"


rule decoders_priorart:
    input:
        data=results("data/photos.npy"),
        card=results("data/photos.json"),
        code=code("studies.decoders.priorart"),
    output:
        results("measurements/decoders/priorart.csv"),
        results("figures/decoders-prior-art.npz"),
        results("manifests/decoders/priorart.json"),
    log:
        results("logs/decoders/priorart.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    params:
        cfg=block("decoders.priorart"),
    shell:
        "python -m soapbubble measure decoders.priorart --cfg {params.cfg:q} --data {input.data} "
        "--output {output} --log {log}"
