"""Soapbubble: checks what is claimed about latent spaces, decoders and depth.

snakemake --cores all             everything, up to the report
snakemake --cores all shells      one study: its verdicts and figures
snakemake -n                      what would run
snakemake --cores all --configfile config/smoke.yaml     the same at another size
"""


configfile: "config.yaml"


include: "rules/common.smk"


wildcard_constraints:
    study="[a-z]+",
    dataset="[a-z]+",
    figure="[a-z0-9-]+",


rule all:
    default_target: True
    input:
        results("report.html"),
        results("report.pdf"),
        results("claims.csv"),
    localrule: True


include: "rules/data.smk"
include: "rules/shells.smk"
include: "rules/decoders.smk"
include: "rules/report.smk"
