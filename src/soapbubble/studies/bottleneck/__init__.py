"""Why do fully convolutional VAEs sample badly and dense ones well? One module a part."""
