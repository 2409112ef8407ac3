# Why can a VAE with a huge latent space not be sampled?

STUDY_PARTS["latentsize"] = [
    "symptoms",
]
STUDY_DATASETS["latentsize"] = ["digits"]
STUDY_FIGURES["latentsize"] = [
    "latentsize-symptoms",
    "latentsize-two-losses",
    "latentsize-coordinates",
    "latentsize-unit-noise",
    "latentsize-fuzzy-code",
    "latentsize-symptom-pictures",
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
