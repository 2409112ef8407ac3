# Why do fully convolutional VAEs sample badly and dense ones well?

STUDY_PARTS["bottleneck"] = [
    "samples",
    "causes",
    "textures",
    "places",
    "maps",
    "sites",
    "faults",
    "canvas",
    "growth",
    "inspection",
    "logn",
]
STUDY_DATASETS["bottleneck"] = ["digits", "photos"]


rule bottleneck_samples:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of(
            "bottleneck",
            "dense-8",
            "dense-16",
            "grid-7x7x1",
            "dense-49",
            "grid-7x7x4",
            "dense-196",
            "grid-7x7x16",
            "dense-784",
            "grid-14x14x1",
            "grid-28x28x1",
            "grid-7x7x4-gaussian",
            "dense-196-gaussian",
            "grid-7x7x4-batchnorm",
            "dense-196-batchnorm",
            "grid-7x7x4-long",
            "dense-196-long",
            "grid-7x7x4-beta-4",
            "dense-196-beta-4",
            "grid-7x7x4-beta-8th",
            "dense-196-beta-8th",
            "grid-7x7x4-ae",
            "dense-196-ae",
            "grid-8x8x1",
            "grid-4x4x4",
            "grid-2x2x16",
            "grid-1x1x64",
            "classifier",
        ),
        code=code("studies.bottleneck.samples"),
    output:
        results("measurements/bottleneck/samples.csv"),
        results("figures/bottleneck-pair.npz"),
        results("figures/bottleneck-page.npz"),
        results("figures/bottleneck-grid-size.npz"),
        results("figures/bottleneck-matchings.npz"),
        results("figures/bottleneck-overfitting.npz"),
        results("manifests/bottleneck/samples.json"),
    log:
        results("logs/bottleneck/samples.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=block("bottleneck.samples"),
    shell:
        "python -m soapbubble measure bottleneck.samples --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule bottleneck_causes:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of(
            "bottleneck",
            "grid-7x7x4",
            "dense-196",
            "dense-encoder-7x7x4",
            "dense-decoder-7x7x4",
            "grid-7x7x4-coordinates",
            "grid-7x7x4-reach",
            "grid-7x7x1",
            "grid-7x7x16",
            "grid-7x7x4-ae",
            "dense-196-ae",
            "classifier",
        ),
        code=code("studies.bottleneck.causes"),
    output:
        results("measurements/bottleneck/causes.csv"),
        results("figures/bottleneck-laws.npz"),
        results("figures/bottleneck-causes.npz"),
        results("figures/bottleneck-spectra.npz"),
        results("manifests/bottleneck/causes.json"),
    log:
        results("logs/bottleneck/causes.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=block("bottleneck.causes"),
    shell:
        "python -m soapbubble measure bottleneck.causes --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule bottleneck_textures:
    input:
        data=[results("data/digits.npy"), results("data/photos.npy")],
        card=[results("data/digits.json"), results("data/photos.json")],
        extras=[
            *(results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()),
            *(results(f"data/photos-{extra}.npy") for extra in CONFIG.data.photos.extras()),
        ],
        models=models_of(
            "bottleneck",
            "photos-grid-7x7x4",
            "photos-dense-196",
            "grid-7x7x4",
            "dense-196",
        ),
        code=code("studies.bottleneck.textures"),
    output:
        results("measurements/bottleneck/textures.csv"),
        results("figures/bottleneck-textures.npz"),
        results("manifests/bottleneck/textures.json"),
    log:
        results("logs/bottleneck/textures.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=block("bottleneck.textures"),
    shell:
        "python -m soapbubble measure bottleneck.textures --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule bottleneck_faults:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of(
            "bottleneck",
            "grid-7x7x4",
            "grid-7x7x4-variance",
            "grid-7x7x4-no-noise",
            "grid-7x7x4-shared-noise",
            "grid-7x7x4-site-mean",
            "dense-196",
            "dense-196-variance",
            "dense-196-no-noise",
            "grid-7x7x4-batchnorm",
            "dense-196-batchnorm",
            "classifier",
        ),
        code=code("studies.bottleneck.faults"),
    output:
        results("measurements/bottleneck/faults.csv"),
        results("figures/bottleneck-faults.npz"),
        results("figures/bottleneck-temperature.npz"),
        results("manifests/bottleneck/faults.json"),
    log:
        results("logs/bottleneck/faults.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=block("bottleneck.faults"),
    shell:
        "python -m soapbubble measure bottleneck.faults --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule bottleneck_canvas:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of(
            "bottleneck",
            "grid-7x7x4",
            "dense-196",
            "classifier",
        ),
        code=code("studies.bottleneck.canvas"),
    output:
        results("measurements/bottleneck/canvas.csv"),
        results("figures/bottleneck-canvas.npz"),
        results("manifests/bottleneck/canvas.json"),
    log:
        results("logs/bottleneck/canvas.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=block("bottleneck.canvas"),
    shell:
        "python -m soapbubble measure bottleneck.canvas --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule bottleneck_growth:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of(
            "bottleneck",
            "grid-7x7x4",
            "dense-196",
            "classifier",
        ),
        code=code("studies.bottleneck.growth"),
    output:
        results("measurements/bottleneck/growth.csv"),
        results("figures/bottleneck-growth.npz"),
        results("manifests/bottleneck/growth.json"),
    log:
        results("logs/bottleneck/growth.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=block("bottleneck.growth"),
    shell:
        "python -m soapbubble measure bottleneck.growth --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule bottleneck_inspection:
    input:
        code=code("studies.bottleneck.inspection"),
    output:
        results("measurements/bottleneck/inspection.csv"),
        results("figures/bottleneck-inspection.npz"),
        results("manifests/bottleneck/inspection.json"),
    log:
        results("logs/bottleneck/inspection.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    params:
        cfg=block("bottleneck.inspection"),
    shell:
        "python -m soapbubble measure bottleneck.inspection --cfg {params.cfg:q} --output {output} --log {log}"


rule bottleneck_places:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of(
            "bottleneck",
            "grid-7x7x4",
            "dense-196",
        ),
        code=code("studies.bottleneck.places"),
    output:
        results("measurements/bottleneck/places.csv"),
        results("figures/bottleneck-places.npz"),
        results("manifests/bottleneck/places.json"),
    log:
        results("logs/bottleneck/places.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1000,
    params:
        cfg=block("bottleneck.places"),
    shell:
        "python -m soapbubble measure bottleneck.places --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule bottleneck_maps:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of(
            "bottleneck",
            "grid-7x7x1",
            "grid-14x14x1",
            "grid-28x28x1",
            "dense-49",
            "dense-196",
            "dense-784",
        ),
        code=code("studies.bottleneck.maps"),
    output:
        results("measurements/bottleneck/maps.csv"),
        results("figures/bottleneck-latent-panel-7.npz"),
        results("figures/bottleneck-latent-panel-14.npz"),
        results("figures/bottleneck-latent-panel-28.npz"),
        results("figures/bottleneck-readability.npz"),
        results("figures/bottleneck-copying.npz"),
        results("figures/bottleneck-folded-vector.npz"),
        results("manifests/bottleneck/maps.json"),
    log:
        results("logs/bottleneck/maps.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=block("bottleneck.maps"),
    shell:
        "python -m soapbubble measure bottleneck.maps --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule bottleneck_sites:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of(
            "bottleneck",
            "grid-7x7x1",
            "grid-7x7x4",
            "grid-14x14x1",
            "grid-28x28x1",
            "classifier",
        ),
        code=code("studies.bottleneck.sites"),
    output:
        results("measurements/bottleneck/sites.csv"),
        results("figures/bottleneck-site-dependence.npz"),
        results("manifests/bottleneck/sites.json"),
    log:
        results("logs/bottleneck/sites.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=1500,
    params:
        cfg=block("bottleneck.sites"),
    shell:
        "python -m soapbubble measure bottleneck.sites --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"


rule bottleneck_logn:
    input:
        data=results("data/digits.npy"),
        card=results("data/digits.json"),
        extras=[results(f"data/digits-{extra}.npy") for extra in CONFIG.data.digits.extras()],
        models=models_of("bottleneck", *CONFIG.bottleneck.logn.models),
        code=code("studies.bottleneck.logn"),
    output:
        results("measurements/bottleneck/logn.csv"),
        results("figures/bottleneck-log-n.npz"),
        results("manifests/bottleneck/logn.json"),
    log:
        results("logs/bottleneck/logn.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=2000,
    params:
        cfg=block("bottleneck.logn"),
    shell:
        "python -m soapbubble measure bottleneck.logn --cfg {params.cfg:q} --data {input.data} "
        "--models {input.models} --output {output} --log {log}"
