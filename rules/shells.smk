# Where do vectors of independent uniform components end up?

STUDY_PARTS["shells"] = [
    "formulas",
    "radii",
    "intervals",
    "balls",
    "cube",
    "coverage",
    "directions",
    "images",
]
STUDY_DATASETS["shells"] = ["faces"]


rule shells_formulas:
    input:
        code=code("studies.shells.formulas"),
    output:
        results("measurements/shells/formulas.csv"),
        results("manifests/shells/formulas.json"),
    log:
        results("logs/shells/formulas.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=200,
    params:
        cfg=block("shells.formulas"),
    shell:
        "python -m soapbubble measure shells.formulas --cfg {params.cfg:q} --output {output} --log {log}"


rule shells_radii:
    input:
        code=code("studies.shells.radii"),
    output:
        results("measurements/shells/radii.csv"),
        results("figures/shells-radius-by-dimension.npz"),
        results("figures/shells-mean-formulas.npz"),
        results("figures/shells-spread-formulas.npz"),
        results("figures/shells-short-vectors.npz"),
        results("manifests/shells/radii.json"),
    log:
        results("logs/shells/radii.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=300,
    params:
        cfg=block("shells.radii"),
    shell:
        "python -m soapbubble measure shells.radii --cfg {params.cfg:q} --output {output} --log {log}"


rule shells_intervals:
    input:
        code=code("studies.shells.intervals"),
    output:
        results("measurements/shells/intervals.csv"),
        results("manifests/shells/intervals.json"),
    log:
        results("logs/shells/intervals.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=300,
    params:
        cfg=block("shells.intervals"),
    shell:
        "python -m soapbubble measure shells.intervals --cfg {params.cfg:q} --output {output} --log {log}"


rule shells_balls:
    input:
        code=code("studies.shells.balls"),
    output:
        results("measurements/shells/balls.csv"),
        results("figures/shells-hundred-balls.npz"),
        results("manifests/shells/balls.json"),
    log:
        results("logs/shells/balls.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=300,
    params:
        cfg=block("shells.balls"),
    shell:
        "python -m soapbubble measure shells.balls --cfg {params.cfg:q} --output {output} --log {log}"


rule shells_cube:
    input:
        code=code("studies.shells.cube"),
    output:
        results("measurements/shells/cube.csv"),
        results("figures/shells-cube-planes.npz"),
        results("figures/shells-cube-views.npz"),
        results("figures/shells-stripe-counts.npz"),
        results("manifests/shells/cube.json"),
    log:
        results("logs/shells/cube.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=300,
    params:
        cfg=block("shells.cube"),
    shell:
        "python -m soapbubble measure shells.cube --cfg {params.cfg:q} --output {output} --log {log}"


rule shells_coverage:
    input:
        code=code("studies.shells.coverage"),
    output:
        results("measurements/shells/coverage.csv"),
        results("figures/shells-coverage.npz"),
        results("manifests/shells/coverage.json"),
    log:
        results("logs/shells/coverage.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=300,
    params:
        cfg=block("shells.coverage"),
    shell:
        "python -m soapbubble measure shells.coverage --cfg {params.cfg:q} --output {output} --log {log}"


rule shells_directions:
    input:
        code=code("studies.shells.directions"),
    output:
        results("measurements/shells/directions.csv"),
        results("figures/shells-directions.npz"),
        results("figures/shells-growing-cubes.npz"),
        results("manifests/shells/directions.json"),
    log:
        results("logs/shells/directions.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=300,
    params:
        cfg=block("shells.directions"),
    shell:
        "python -m soapbubble measure shells.directions --cfg {params.cfg:q} --output {output} --log {log}"


rule shells_images:
    input:
        data=results("data/faces.npy"),
        card=results("data/faces.json"),
        code=code("studies.shells.images"),
    output:
        results("measurements/shells/images.csv"),
        results("manifests/shells/images.json"),
    log:
        results("logs/shells/images.log"),
    conda:
        "../environment.yml"
    resources:
        mem_mb=500,
    params:
        cfg=block("shells.images"),
    shell:
        "python -m soapbubble measure shells.images --cfg {params.cfg:q} --data {input.data} "
        "--output {output} --log {log}"
