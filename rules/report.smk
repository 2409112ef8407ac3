# From verdicts, tables and figures to the report.

FIGURES = [results(f"figures/{figure}.svg") for study in RUN.studies for figure in study.figures]
VERDICTS = [results(f"verdicts/{study.name}.json") for study in RUN.studies]
TABLES = [results(f"measurements/{study.name}.csv") for study in RUN.studies]


rule claims:
    input:
        verdicts=VERDICTS,
        code=RUN.code("claims.table"),
    output:
        results("claims.json"),
        results("claims.csv"),
        results("manifests/claims.json"),
    log:
        results("logs/claims.log"),
    localrule: True
    conda:
        "../environment.yml"
    shell:
        "python -m soapbubble claims --input {input.verdicts} --output {output} --log {log}"


rule gather:
    input:
        claims=results("claims.json"),
        tables=TABLES,
        figures=FIGURES,
        cards=[results(f"data/{dataset}.json") for dataset in RUN.datasets()],
        manifests=RUN.manifests,
        chapters=[str(study.chapter) for study in RUN.studies],
        frame=[f"report_templates/chapters/{name}.md.j2" for name in ("front", "methods")],
        references=sorted(str(path) for path in Path("results/reference").glob("*.csv") if path.stem != RUN.config.run),
        calibration="report_templates/calibration.csv",
        code=RUN.code("report.build"),
    output:
        results("report.json"),
        results("manifests/report.json"),
    log:
        results("logs/report.log"),
    localrule: True
    conda:
        "../environment.yml"
    params:
        cfg=told(json.dumps(RUN.settings, sort_keys=True)),
    shell:
        "python -m soapbubble report --cfg {params.cfg:q} --input {input.claims} {input.tables} {input.figures} "
        "{input.cards} {input.manifests} {input.chapters} {input.frame} {input.references} "
        "{input.calibration} --output {output} --log {log}"


rule render:
    input:
        report=results("report.json"),
        figures=FIGURES,
        templates=lambda w: sorted(map(str, Path(f"report_templates/{w.format}").iterdir())),
        prose="report_templates/markdown.lua",
        code=lambda w: RUN.code(f"report.{w.format}"),
    output:
        results("report.{format}"),
        results("manifests/report-{format}.json"),
    log:
        results("logs/report-{format}.log"),
    wildcard_constraints:
        format="html|pdf",
    localrule: True
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    shell:
        "python -m soapbubble render {wildcards.format} --input {input.report} {input.figures} {input.templates} {input.prose} "
        "--output {output} --log {log}"


for TARGET, KINDS in {"report": ("html", "pdf", "json"), "report.html": ("html",), "report.pdf": ("pdf",)}.items():

    rule:
        # What people type: `snakemake report`, `snakemake report.html`.
        name:
            TARGET
        input:
            [results(f"report.{kind}") for kind in KINDS],
        localrule: True
