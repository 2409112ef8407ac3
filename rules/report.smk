# From the parts' measurements to figures, verdicts and the report: the same rules for every study.

STUDIES = list(CONFIG.studies)
PARTS = [(study, part) for study in STUDIES for part in STUDY_PARTS[study]]
DRAWN = {(study, part): figures for study, part in PARTS if (figures := figures_of(study, part))}
FIGURES = [figure for figures in DRAWN.values() for figure in figures]
DATASETS = sorted({name for study in STUDIES for name in STUDY_DATASETS[study]})
MODELS = sorted({name for study in STUDIES for name in STUDY_MODELS.get(study, ())})


rule collect:
    input:
        tables=lambda w: [results(f"measurements/{w.study}/{part}.csv") for part in STUDY_PARTS[w.study]],
        code=code("measurements"),
    output:
        results("measurements/{study}.csv"),
        results("manifests/{study}/measurements.json"),
    log:
        results("logs/{study}/measurements.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=200,
    shell:
        "python -m soapbubble collect {wildcards.study} --input {input.tables} --output {output} --log {log}"


for (STUDY, PART), DRAWINGS in DRAWN.items():

    rule:
        # One job for all figures of a part: starting to draw takes longer than drawing.
        name:
            f"draw_{STUDY}_{PART}"
        input:
            data=[results(f"figures/{figure}.npz") for figure in DRAWINGS],
            code=code("figures.drawing", f"figures.{STUDY}"),
        output:
            [results(f"figures/{figure}.{kind}") for figure in DRAWINGS for kind in ("svg", "png")],
            results(f"manifests/figures/{STUDY}-{PART}.json"),
        log:
            results(f"logs/figures/{STUDY}-{PART}.log"),
        conda:
            "../environment.yml"
        resources:
            mem_mb=500,
        params:
            part=f"{STUDY}.{PART}",
            cfg=block("plot"),
        shell:
            "python -m soapbubble draw {params.part} --cfg {params.cfg:q} --input {input.data} "
            "--output {output} --log {log}"


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
    conda:
        "../environment.yml"
    resources:
        mem_mb=500,
    params:
        cfg=block("available", "run"),
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
    conda:
        "../environment.yml"
    resources:
        mem_mb=200,
    shell:
        "python -m soapbubble claims --input {input.verdicts} --output {output} --log {log}"


for STUDY in STUDIES:

    rule:
        # The target of one study: `snakemake shells` gives its verdicts and its figures.
        name:
            STUDY
        input:
            results(f"verdicts/{STUDY}.json"),
            [results(f"figures/{figure}.svg") for figure in FIGURES if figure.startswith(f"{STUDY}-")],
        localrule: True


MANIFESTS = [
    results(f"manifests/{job}.json")
    for job in (
        *(f"models/{family}" for family in sorted({family_of(model) for model in MODELS})),
        *(f"{study}/{job}" for study in STUDIES for job in (*STUDY_PARTS[study], "measurements", "verdicts")),
        *(f"figures/{study}-{part}" for study, part in DRAWN),
        *(f"data/{dataset}" for dataset in DATASETS),
        "claims",
    )
]


rule report:
    input:
        claims=results("claims.json"),
        tables=[results(f"measurements/{study}.csv") for study in STUDIES],
        figures=[results(f"figures/{figure}.svg") for figure in FIGURES],
        cards=[results(f"data/{dataset}.json") for dataset in DATASETS],
        manifests=MANIFESTS,
        chapters=[f"report_templates/chapters/{name}.md.j2" for name in ("front", *STUDIES, "methods")],
        references=sorted(str(path) for path in Path("results/reference").glob("*.csv") if path.stem != CONFIG.run),
        code=code("report.build"),
    output:
        results("report.json"),
        results("manifests/report.json"),
    log:
        results("logs/report.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=500,
    params:
        cfg=block(*type(CONFIG).model_fields),
    shell:
        "python -m soapbubble report --cfg {params.cfg:q} "
        "--input {input.claims} {input.tables} {input.figures} {input.cards} {input.manifests} {input.chapters} {input.references} "
        "--output {output} --log {log}"


rule render:
    input:
        report=results("report.json"),
        figures=[results(f"figures/{figure}.svg") for figure in FIGURES],
        templates=lambda w: sorted(map(str, Path(f"report_templates/{w.format}").iterdir())),
        prose="report_templates/markdown.lua",
        code=lambda w: code(f"report.{w.format}"),
    output:
        results("report.{format}"),
        results("manifests/report-{format}.json"),
    log:
        results("logs/report-{format}.log"),
    wildcard_constraints:
        format="html|pdf",
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    shell:
        "python -m soapbubble render {wildcards.format} --input {input.report} {input.figures} {input.templates} {input.prose} "
        "--output {output} --log {log}"
