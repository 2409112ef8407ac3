# Why do fully convolutional VAEs sample badly and dense ones well?

STUDY_PARTS["bottleneck"] = [
]
STUDY_DATASETS["bottleneck"] = ["digits", "photos"]
STUDY_FIGURES["bottleneck"] = [
]
