# Why does an untrained decoder print blobs, not noise?

STUDY_PARTS["decoders"] = [
    "structure",
    "inputs",
    "generators",
    "theory",
    "factors",
    "cascade",
]
STUDY_FIGURES["decoders"] = [
    "decoders-operators-and-latents",
    "decoders-randomness",
    "decoders-tone-regions",
    "decoders-rebuilt-pictures",
    "decoders-encoder-or-decoder",
    "decoders-fixed-and-changing",
    "decoders-generators",
    "decoders-published",
    "decoders-theory",
    "decoders-kurtosis",
    "decoders-predicted",
    "decoders-ingredients",
    "decoders-length-by-depth",
    "decoders-activations",
    "decoders-size",
    "decoders-pairs",
    "decoders-ladder",
]


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
    params:
        cfg=block("decoders.structure"),
    resources:
        mem_mb=1000,
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
    params:
        cfg=block("decoders.inputs"),
    resources:
        mem_mb=1000,
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
    params:
        cfg=block("decoders.generators"),
    resources:
        mem_mb=1000,
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
    params:
        cfg=block("decoders.theory"),
    resources:
        mem_mb=1500,
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
    params:
        cfg=block("decoders.factors"),
    resources:
        mem_mb=1000,
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
    params:
        cfg=block("decoders.cascade"),
    resources:
        mem_mb=1000,
    shell:
        "python -m soapbubble measure decoders.cascade --cfg {params.cfg:q} --output {output} --log {log}"
