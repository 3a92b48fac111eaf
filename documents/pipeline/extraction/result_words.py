"""Words that are results, and words that stand where a result is not there yet."""

from __future__ import annotations

QUALITATIVE = {
    "negative", "positive", "neg", "pos", "non reactive", "nonreactive", "reactive", "detected",
    "not detected", "none detected", "none seen", "none", "trace", "small", "moderate", "large",
    "clear", "yellow", "straw", "amber", "cloudy", "slightly cloudy", "hazy", "slightly hazy",
    "turbid", "few", "many", "rare", "occasional", "immune", "non immune", "not immune",
    "nonimmune", "equivocal", "indeterminate", "borderline", "present", "absent", "no growth",
    "normal", "abnormal", "light yellow", "dark yellow", "pale yellow", "colorless", "red",
    "brown", "orange", "1+", "2+", "3+", "4+", "not present", "not seen", "susceptible",
    "resistant", "intermediate", "a positive", "o positive", "b positive", "ab positive",
    "a negative", "o negative", "b negative", "ab negative", "undetected", "undetectable",
    "not isolated", "weakly positive", "weak positive", "presumptive positive", "low positive",
    "high positive", "trace intact", "trace lysed", "trace amount", "negativo", "positivo",
    "no detectado", "detectado", "no reactivo", "reactivo", "negativ", "positiv", "invalid",
    "no reaction", "adequate", "decreased", "increased", "packed", "heavy", "light", "scant",
    "numerous", "bloody", "sl cloudy", "a", "b", "ab", "o", "too numerous to count", "tntc",
    "none observed", "not observed", "no organisms seen", "mixed flora", "normal flora",
    "within normal limits", "insufficient", "consistent", "inconsistent", "unremarkable", "pink",
    "green", "see note positive",
}  # fmt: skip
NO_RESULT = {
    "pending", "see note", "see comment", "see below", "tnp", "qns", "test not performed",
    "cancelled", "canceled", "not performed", "not done", "in process", "see notes", "n a", "na",
    "quantity not sufficient", "hemolyzed", "not reported", "to follow", "not applicable",
    "see comments", "see report", "see separate report", "not available", "not tested", "comment",
    "not calculated", "unable to calculate", "not measured", "test in progress", "preliminary",
    "ordered", "dnr", "np", "unavailable", "pendiente", "specimen rejected", "clotted",
    "not indicated", "tbd", "not collected", "sent out", "calc error",
}  # fmt: skip
