"""Soapbubble: checks what is claimed about latent spaces, decoders and depth.

snakemake --cores all             everything, up to the report
snakemake --cores all shells      one study: its verdicts and figures
snakemake -n                      what would run
snakemake --cores all --configfile config/smoke.yaml     the same at another size
"""


include: "rules/readable.smk"


configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/models.smk"
include: "rules/studies.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        [results(name) for name in ("report.json", *DOCUMENTS)],
        # All that is made on the way, so that what was deleted is made again.
        [results(f"claims.{kind}") for kind in ("csv", "json")],
        results("ro-crate-metadata.json"),
        results("manifests/crate.json"),
        [results(f"data/{dataset}.npy") for dataset in RUN.datasets()],
        RUN.beside(*RUN.datasets()),
        [results(f"models/{model}.{kind}") for model in RUN.models for kind in ("safetensors", "json")],
        [results(f"measurements/{part.study}/{part.name}.{kind}") for part in RUN.parts for kind in ("csv", "npz")],
        [
            results(f"figures/{figure}.{kind}")
            for part in RUN.parts
            for figure in part.figures
            for kind in ("svg", "png")
        ],
        TABLES,
        VERDICTS,
        DESCRIBED,
    localrule: True
