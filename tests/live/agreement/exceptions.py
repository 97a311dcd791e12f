"""Where check and the server may differ, and why: each is a fact about the server, or about how it is asked here."""

# The server loads these, and check refuses them still: they go wrong later.
GOES_WRONG_LATER = {
    "TS203": "two tensors of one name load, and then no request can be served",
    "TS421": "a version named twice counts as there without its directory; only the backend misses its files",
    "TS502": "a model of passive instances alone loads, and the first request ends the server",
}
# The server's core does not judge these: a backend does, and here stands one that takes everything.
JUDGED_BY_THE_BACKEND = {
    "TS404": "the backend looks for its file",
    "TS516": "the backend looks for its GPU",
    "TS533": "the backend needs the tensors",
    "TS534": "the vLLM backend refuses these keys",
    "TS545": "the backend refuses a batch that is too great",
}
# check only warns of these, for nobody can tell from a config which libraries an image has; this server has few.
NEEDS_A_LIBRARY = {"TS532": "a backend of this name may be there, or not"}
# Cases that end the server in place of an answer: Triton 2.51 does so, now and then, when a state cannot be begun.
ENDS_THE_SERVER = {
    "TS334": "the initial_state does not fit its state",
    "TS336": "the initial_state's file is too short",
    "TS412": "the initial_state's file is not there",
    "TS535": "the server takes the first agent of none",
    "TS526": "the server follows ensembles that run each other for ever",
}
# Rules of the core that a config cannot meet while its folder is whole; test_rules_agree.py has cases of them.
NOT_REACHED = {
    "TS320": "the server of these tests is older than the field",
    "TS517": "the server limits no rates",
    "TS518": "the server limits no rates",
    "TS402": "the folder's name is right",
    "TS403": "the version is there",
    "TS405": "the model has a config",
    "TS409": "every file can be read",
}
