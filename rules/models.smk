# The models that several studies measure: one job a family, with all networks of its models; and the digit classifier.

for TRAINING in RUN.trainings:

    rule:
        name:
            f"train_{TRAINING.family.replace('-', '_')}"
        input:
            data=results(f"data/{TRAINING.data}.npy"),
            beside=RUN.beside(TRAINING.data),
            code=RUN.code(*TRAINING.entries),
        output:
            [results(f"models/{model}.{kind}") for model in TRAINING.models for kind in ("safetensors", "json")],
            results(f"manifests/models/{TRAINING.family}.json"),
        log:
            results(f"logs/models/{TRAINING.family}.log"),
        priority: 1  # the longest way to the report leads through these
        conda:
            "../environment.yml"
        resources:
            mem_mb=2000,
        params:
            family=TRAINING.family,
            cfg=told(RUN.told(*TRAINING.blocks)),
        shell:
            "python -m soapbubble train {params.family} --cfg {params.cfg:q} --data {input.data} "
            "--output {output} --log {log}"
