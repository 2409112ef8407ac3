"""Soapbubble: checks what is claimed about latent spaces, decoders and depth.

snakemake --cores all             everything, up to the report
snakemake --cores all shells      one study: its verdicts and figures
snakemake -n                      what would run
snakemake --cores all --configfile config/smoke.yaml     the same at another size
"""


include: "rules/readable.smk"


configfile: "config.yaml"


include: "rules/common.smk"


wildcard_constraints:
    study="[a-z]+",
    figure="[a-z0-9-]+",


include: "rules/data.smk"
include: "rules/autoencoders.smk"
include: "rules/shells.smk"
include: "rules/decoders.smk"
include: "rules/latentsize.smk"
include: "rules/bottleneck.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        results("report.html"),
        results("report.pdf"),
        # All that is made on the way, so that what was deleted is made again.
        results("claims.csv"),
        results("claims.json"),
        results("report.json"),
        [results(f"manifests/{job}.json") for job in ("report", "report-html", "report-pdf")],
        [results(f"data/{name}.{kind}") for name in DATASETS for kind in ("npy", "json")],
        [results(f"data/{name}-{extra}.npy") for name in DATASETS for extra in getattr(CONFIG.data, name).extras()],
        [results(f"verdicts/{study}.json") for study in STUDIES],
        [results(f"measurements/{study}.csv") for study in STUDIES],
        MANIFESTS,
        [results(f"figures/{figure}.{kind}") for figure in FIGURES for kind in ("npz", "svg", "png")],
        [results(f"models/{model}.{kind}") for model in MODELS for kind in ("safetensors", "json")],
        [results(f"measurements/{study}/{part}.csv") for study, part in PARTS],
    localrule: True
