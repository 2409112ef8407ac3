# Where the images come from: one rule a dataset, so that each re-runs for its own settings, code and files only.
# A dataset to download has no input files: its job asks the cache, and the network if the cache does not have it.

for DATASET, SOURCE in RUN.config.data:

    rule:
        name:
            f"fetch_{DATASET}"
        input:
            files=RUN.files[DATASET],
            code=RUN.code("data.fetch", f"data.{SOURCE.builder(DATASET)}"),
        output:
            results(f"data/{DATASET}.npy"),
            RUN.beside(DATASET),
            results(f"manifests/data/{DATASET}.json"),
        log:
            results(f"logs/data/{DATASET}.log"),
        priority: RUN.priorities.get(f"data/{DATASET}", 0)
        localrule: True  # the nodes of a cluster often have no network
        conda:
            "../environment.yml"
        resources:
            mem_mb=1000,
        params:
            dataset=DATASET,
            cfg=told(RUN.told(f"data.{DATASET}")),
            origin=[name for name in (SOURCE.path, SOURCE.labels) if name is not None],
        shell:
            "python -m soapbubble fetch {params.dataset} --cfg {params.cfg:q} --input {params.origin:q} "
            "--output {output} --log {log}"
