# From verdicts, tables and figures to the report.

FIGURES = [results(f"figures/{figure}.svg") for study in STUDIES for figure in study.figures]
VERDICTS = [results(f"verdicts/{study.name}.json") for study in STUDIES]
TABLES = [results(f"measurements/{study.name}.csv") for study in STUDIES]
DATASETS = datasets(STUDIES)
MANIFESTS = [
    results(f"manifests/{job}.json")
    for job in (
        *(
            f"models/{family}"
            for family in sorted({family_of(model) for part in PARTS for model in reads(part).models})
        ),
        *(f"{study.name}/{job}" for study in STUDIES for job in (*study.part_names, "measurements", "verdicts")),
        *(f"figures/{part.study}-{part.name}" for part in PARTS if part.figures),
        *(f"data/{dataset}" for dataset in DATASETS),
        "claims",
    )
]


rule claims:
    input:
        verdicts=VERDICTS,
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


rule report:
    input:
        claims=results("claims.json"),
        tables=TABLES,
        figures=FIGURES,
        cards=[results(f"data/{dataset}.json") for dataset in DATASETS],
        manifests=MANIFESTS,
        chapters=[str(study.chapter) for study in STUDIES],
        frame=[f"report_templates/chapters/{name}.md.j2" for name in ("front", "methods")],
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
        "python -m soapbubble report --cfg {params.cfg:q} --input {input.claims} {input.tables} {input.figures} "
        "{input.cards} {input.manifests} {input.chapters} {input.frame} {input.references} --output {output} --log {log}"


rule render:
    input:
        report=results("report.json"),
        figures=FIGURES,
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
