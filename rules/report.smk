# From the parts' measurements to figures, verdicts and the report: the same rules for every study.

STUDIES = list(CONFIG.studies)


rule collect:
    input:
        tables=lambda w: [results(f"measurements/{w.study}/{part}.csv") for part in STUDY_PARTS[w.study]],
        code=code("measurements"),
    output:
        results("measurements/{study}.csv"),
        results("manifests/{study}/measurements.json"),
    log:
        results("logs/{study}/measurements.log"),
    resources:
        mem_mb=200,
    shell:
        "python -m soapbubble collect {wildcards.study} --input {input.tables} --output {output} --log {log}"


rule draw:
    input:
        data=results("figures/{study}-{figure}.npz"),
        code=lambda w: code("figures.drawing", f"figures.{w.study}"),
    output:
        results("figures/{study}-{figure}.svg"),
        results("figures/{study}-{figure}.png"),
        results("manifests/figures/{study}-{figure}.json"),
    log:
        results("logs/figures/{study}-{figure}.log"),
    params:
        cfg=block("plot"),
    resources:
        mem_mb=500,
    shell:
        "python -m soapbubble draw {wildcards.study}-{wildcards.figure} --cfg {params.cfg:q} "
        "--input {input.data} --output {output} --log {log}"


rule judge:
    input:
        claims="claims/{study}.yaml",
        sources="claims/sources.yaml",
        tables=lambda w: [results(f"measurements/{w.study}/{part}.csv") for part in STUDY_PARTS[w.study]],
        cards=lambda w: [results(f"data/{dataset}.json") for dataset in STUDY_DATASETS[w.study]],
        code=code("claims.judge"),
    output:
        results("verdicts/{study}.json"),
        results("manifests/{study}/verdicts.json"),
    log:
        results("logs/{study}/verdicts.log"),
    params:
        cfg=block("available", "run"),
    resources:
        mem_mb=500,
    shell:
        "python -m soapbubble judge {wildcards.study} --cfg {params.cfg:q} "
        "--input {input.claims} {input.sources} {input.tables} {input.cards} --output {output} --log {log}"


rule claims:
    input:
        verdicts=[results(f"verdicts/{study}.json") for study in STUDIES],
        code=code("claims.table"),
    output:
        results("claims.json"),
        results("claims.csv"),
        results("manifests/claims.json"),
    log:
        results("logs/claims.log"),
    resources:
        mem_mb=200,
    shell:
        "python -m soapbubble claims --input {input.verdicts} --output {output} --log {log}"
