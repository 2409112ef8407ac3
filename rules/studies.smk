# From datasets and models to measurements, figures and verdicts: the same rules for every part of every study.

for PART in RUN.parts:
    READS = RUN.reads(PART)

    rule:
        name:
            f"{PART.study}_{PART.name}"
        input:
            data=[results(f"data/{name}.npy") for name in READS.data],
            beside=RUN.beside(*READS.data),
            models=[results(f"models/{name}.safetensors") for name in READS.models],
            files=list(READS.files),
            code=RUN.code(PART.file),
        output:
            results(f"measurements/{PART.study}/{PART.name}.csv"),
            results(f"measurements/{PART.study}/{PART.name}.npz"),
            results(f"manifests/{PART.study}/{PART.name}.json"),
        log:
            results(f"logs/{PART.study}/{PART.name}.log"),
        priority: RUN.priorities[PART.place]
        group:
            RUN.group(PART)
        conda:
            "../environment.yml"
        resources:
            mem_mb=grown(READS.memory_mb, AROUND),
            runtime=grown(READS.minutes),
        params:
            part=RUN.subject(PART),
            cfg=told(RUN.told(PART.label)),
        shell:
            "python -m soapbubble measure {params.part} --cfg {params.cfg:q} --input {input.files:q} "
            "--data {input.data} --models {input.models} --output {output} --log {log}"


for PART in (part for part in RUN.parts if part.figures):

    rule:
        # One job for all figures of a part: starting to draw takes longer than drawing.
        name:
            f"draw_{PART.study}_{PART.name}"
        input:
            found=results(*(f"measurements/{PART.study}/{PART.name}.{kind}" for kind in ("csv", "npz"))),
            code=RUN.code("figures.drawing", *PART.drawing_files),
        output:
            [results(f"figures/{figure}.{kind}") for figure in PART.figures for kind in ("svg", "png")],
            results(f"manifests/figures/{PART.study}-{PART.name}.json"),
        log:
            results(f"logs/figures/{PART.study}-{PART.name}.log"),
        priority: RUN.priorities[f"figures/{PART.study}-{PART.name}"]
        group:
            PART.study
        conda:
            "../environment.yml"
        resources:
            mem_mb=grown(500, AROUND),
            runtime=grown(5),
        params:
            part=RUN.subject(PART),
            cfg=told(RUN.drawing(PART)),
        shell:
            "python -m soapbubble draw {params.part} --cfg {params.cfg:q} --input {input.found} "
            "--output {output} --log {log}"


for STUDY in RUN.studies:

    rule:
        # Also puts the tables of the parts into one.
        name:
            f"judge_{STUDY.name}"
        input:
            claims=str(STUDY.claims),
            sources=str(STUDY.sources),
            tables=[results(f"measurements/{STUDY.name}/{part}.csv") for part in STUDY.part_names],
            cards=[results(f"data/{dataset}.json") for dataset in RUN.datasets(STUDY)],
            code=RUN.code("claims.judge"),
        output:
            results(f"verdicts/{STUDY.name}.json"),
            results(f"measurements/{STUDY.name}.csv"),
            results(f"manifests/{STUDY.name}/verdicts.json"),
        log:
            results(f"logs/{STUDY.name}/verdicts.log"),
        priority: RUN.priorities[f"{STUDY.name}/verdicts"]
        group:
            STUDY.name
        conda:
            "../environment.yml"
        resources:
            mem_mb=grown(500, AROUND),
            runtime=grown(5),
        params:
            study=STUDY.name,
            cfg=told(RUN.told("available", "run")),
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
