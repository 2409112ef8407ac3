# From datasets and models to measurements, figures and verdicts: the same rules for every part of every study.

for PART in PARTS:
    READS = reads(PART)

    rule:
        name:
            f"{PART.study}_{PART.name}"
        input:
            data=[results(f"data/{name}.npy") for name in READS.data],
            beside=[results(f"data/{name}") for dataset in READS.data for name in beside(dataset)],
            models=[results(f"models/{name}.safetensors") for name in READS.models],
            code=code(PART.file),
        output:
            results(f"measurements/{PART.study}/{PART.name}.csv"),
            results(f"measurements/{PART.study}/{PART.name}.npz"),
            results(f"manifests/{PART.study}/{PART.name}.json"),
        log:
            results(f"logs/{PART.study}/{PART.name}.log"),
        conda:
            "../environment.yml"
        resources:
            mem_mb=READS.memory_mb,
        params:
            part=PART.label + folder(PART),
            cfg=block(PART.label),
        shell:
            "python -m soapbubble measure {params.part} --cfg {params.cfg:q} "
            "--data {input.data} --models {input.models} --output {output} --log {log}"


for STUDY, PART in ((study, part) for study in STUDIES for part in study.parts if part.figures):

    rule:
        # One job for all figures of a part: starting to draw takes longer than drawing.
        name:
            f"draw_{PART.study}_{PART.name}"
        input:
            found=[results(f"measurements/{PART.study}/{PART.name}.{kind}") for kind in ("csv", "npz")],
            code=code("figures.drawing", *PART.drawing_files),
        output:
            [results(f"figures/{figure}.{kind}") for figure in PART.figures for kind in ("svg", "png")],
            results(f"manifests/figures/{PART.study}-{PART.name}.json"),
        log:
            results(f"logs/figures/{PART.study}-{PART.name}.log"),
        conda:
            "../environment.yml"
        resources:
            mem_mb=500,
        params:
            part=PART.label + folder(PART),
            cfg=block("plot", thresholds=thresholds(STUDY, PART)),
        shell:
            "python -m soapbubble draw {params.part} --cfg {params.cfg:q} --input {input.found} "
            "--output {output} --log {log}"


for STUDY in STUDIES:
    TABLES = [results(f"measurements/{STUDY.name}/{part}.csv") for part in STUDY.part_names]

    rule:
        name:
            f"collect_{STUDY.name}"
        input:
            tables=TABLES,
            code=code("measurements"),
        output:
            results(f"measurements/{STUDY.name}.csv"),
            results(f"manifests/{STUDY.name}/measurements.json"),
        log:
            results(f"logs/{STUDY.name}/measurements.log"),
        conda:
            "../environment.yml"
        resources:
            mem_mb=200,
        params:
            study=STUDY.name,
        shell:
            "python -m soapbubble collect {params.study} --input {input.tables} --output {output} --log {log}"

    rule:
        name:
            f"judge_{STUDY.name}"
        input:
            claims=str(STUDY.claims),
            sources=str(STUDY.sources),
            tables=TABLES,
            cards=[results(f"data/{dataset}.json") for dataset in datasets([STUDY])],
            code=code("claims.judge"),
        output:
            results(f"verdicts/{STUDY.name}.json"),
            results(f"manifests/{STUDY.name}/verdicts.json"),
        log:
            results(f"logs/{STUDY.name}/verdicts.log"),
        conda:
            "../environment.yml"
        resources:
            mem_mb=500,
        params:
            study=STUDY.name,
            cfg=block("available", "run"),
        shell:
            "python -m soapbubble judge {params.study} --cfg {params.cfg:q} "
            "--input {input.claims} {input.sources} {input.tables} {input.cards} --output {output} --log {log}"

    rule:
        # The target of one study: `snakemake shells` gives its verdicts and its figures.
        name:
            STUDY.name
        input:
            results(f"verdicts/{STUDY.name}.json"),
            [results(f"figures/{figure}.svg") for figure in STUDY.figures],
        localrule: True
