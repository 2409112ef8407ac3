# The models that several studies measure: one job a family, with all networks of its models; the digit classifier; and
# the image network that a package brings, whose job reads no dataset.

for TRAINING in RUN.trainings:

    rule:
        name:
            f"train_{TRAINING.family.replace('-', '_')}"
        input:
            data=[results(f"data/{TRAINING.data}.npy")] if TRAINING.data else [],
            beside=RUN.beside(TRAINING.data) if TRAINING.data else [],
            code=RUN.code(*TRAINING.entries),
        output:
            [results(f"models/{model}.{kind}") for model in TRAINING.models for kind in ("safetensors", "json")],
            results(f"manifests/models/{TRAINING.family}.json"),
        log:
            results(f"logs/models/{TRAINING.family}.log"),
        priority: RUN.priorities.get(f"models/{TRAINING.family}", 0)
        conda:
            "../environment.yml"
        resources:
            mem_mb=grown(2000, AROUND),
            runtime=grown(120),
            gpu=int(TRAINING.on_gpu),
        params:
            family=TRAINING.family,
            cfg=told(RUN.told(*TRAINING.blocks)),
        shell:
            "python -m soapbubble train {params.family} --cfg {params.cfg:q} --data {input.data} "
            "--output {output} --log {log}"
