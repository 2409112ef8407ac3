# From verdicts, tables and figures to the report.

FIGURES = [results(f"figures/{figure}.svg") for study in RUN.studies for figure in study.figures]
VERDICTS = [results(f"verdicts/{study.name}.json") for study in RUN.studies]
DESCRIBED = [str(RUN.manifest(job)) for job in RUN.needs["crate"]]
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
        chapters=sorted({str(path) for study in RUN.studies for path in (study.chapter, study.section)}),
        frame=[
            "report_templates/chapters/methods.md.j2",
            "report_templates/references.bib",
            *sorted(map(str, Path("report_templates/paper").glob("*.md.j2"))),
        ],
        references=sorted(str(path) for path in Path("results/reference").glob("*.csv") if path.stem != RUN.config.run),
        self_tests=[
            "report_templates/calibration.csv",
            *sorted(map(str, Path("results/reference").glob("*/stability.csv"))),
        ],
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
        "{input.self_tests} --output {output} --log {log}"


rule render:
    input:
        report=results("report.json"),
        figures=FIGURES,
        templates=lambda w: sorted(map(str, Path(f"report_templates/{w.format}").iterdir())),
        prose="report_templates/markdown.lua",
        code=lambda w: RUN.code(f"report.{w.format}"),
    output:
        results("{document}.{format}"),
        results("manifests/{document}-{format}.json"),
    log:
        results("logs/{document}-{format}.log"),
    wildcard_constraints:
        document="report|supplement",
        format="html|pdf",
    localrule: True
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    shell:
        "python -m soapbubble render {wildcards.document}.{wildcards.format} --input {input.report} {input.figures} "
        "{input.templates} {input.prose} --output {output} --log {log}"


rule crate:
    input:
        manifests=DESCRIBED,
        workflow="Snakefile",
        code=RUN.code("provenance.crate"),
    output:
        results("ro-crate-metadata.json"),
        results("Snakefile"),
        results("manifests/crate.json"),
    log:
        results("logs/crate.log"),
    conda:
        "../environment.yml"
    shell:
        "python -m soapbubble crate --input {input.manifests} {input.workflow} --output {output} --log {log}"


for TARGET, FILES in {"report": [*DOCUMENTS, "report.json"], **{name: [name] for name in DOCUMENTS}}.items():

    rule:
        # What people type: `snakemake report`, `snakemake report.html`.
        name:
            TARGET
        input:
            [results(name) for name in FILES],
        localrule: True
