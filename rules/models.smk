# The models that several studies measure: one job a family, with all networks of its models; and the digit classifier.

for FAMILY, MEMBERS in RUN.config.autoencoders.families.items():
    (PICTURES,) = {spec.data for spec in MEMBERS.values()}

    rule:
        name:
            f"train_{FAMILY.replace('-', '_')}"
        input:
            data=results(f"data/{PICTURES}.npy"),
            beside=RUN.beside(PICTURES),
            code=RUN.code("autoencoders.train", "autoencoders.store"),
        output:
            [results(f"models/{model}.{kind}") for model in MEMBERS for kind in ("safetensors", "json")],
            results(f"manifests/models/{FAMILY}.json"),
        log:
            results(f"logs/models/{FAMILY}.log"),
        priority: 1  # the longest way to the report leads through these
        conda:
            "../environment.yml"
        resources:
            mem_mb=2000,
        params:
            family=FAMILY,
            cfg=told(RUN.told("autoencoders.pictures", "autoencoders.training", f"autoencoders.families.{FAMILY}")),
        shell:
            "python -m soapbubble train {params.family} --cfg {params.cfg:q} --data {input.data} "
            "--output {output} --log {log}"


rule train_classifier:
    input:
        data=results("data/digits.npy"),
        beside=RUN.beside("digits"),
        code=RUN.code("autoencoders.classifier"),
    output:
        results("models/classifier.safetensors"),
        results("models/classifier.json"),
        results("manifests/models/classifier.json"),
    log:
        results("logs/models/classifier.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=told(RUN.told("autoencoders.pictures", "autoencoders.classifier")),
    shell:
        "python -m soapbubble train-classifier --cfg {params.cfg:q} --data {input.data} --output {output} --log {log}"
