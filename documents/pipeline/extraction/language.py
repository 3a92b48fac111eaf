"""Which language a paper is written in, by its commonest words; decides how dates are read.

A lab report has few sentences, so the words of its head and its table count beside the usual
function words. Words that two of the languages share are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from documents.pipeline.types import Locale

_WORDS = {
    "en": """the and of with is was for from has been by patient date birth name result results
        units range reference collected reported ordered page test tests report laboratory
        history allergies medications""",
    "es": """el los las del y con una para por fue sin paciente fecha nacimiento resultado
        resultados unidades muestra médico medico informe página pagina análisis analisis
        edad sexo nombre valores referencia alergias antecedentes""",
    "de": """der das und mit von ist wurde für nicht eine einer zum zur bei geburtsdatum befund
        einheit ergebnis ergebnisse referenzbereich normbereich probe entnahme eingang arzt seite
        untersuchung labor bericht laborbericht geboren""",
    "fr": """le les et avec du des une pour est été dans sur naissance résultat résultats
        resultat resultats unité unités valeurs prélèvement prelevement médecin né née
        examen analyse laboratoire dossier prescripteur""",
    "it": """il gli di e con del della una per è nascita paziente esito esame esami referto unità
        prelievo medico valori riferimento risultato risultati nome cognome""",
    "pt": """os da do dos das e com uma para não nascimento paciente exame exames laudo unidade
        coleta valores referência médico resultado resultados""",
}
_COMMON = {word: 0 for words in _WORDS.values() for word in words.split()}
for _words in _WORDS.values():
    for _word in set(_words.split()):
        _COMMON[_word] += 1
KNOWN = {
    language: frozenset(word for word in words.split() if _COMMON[word] == 1)
    for language, words in _WORDS.items()
}
LEAST = 4
DECIMAL_COMMA = frozenset({"de", "fr", "it", "pt"})
_RUN = re.compile(r"[^\W\d_]+")


def language_of(texts: Iterable[str], *, otherwise: str) -> str:
    """ISO 639-1 code; ``otherwise`` when too few words are known or two languages are as likely.

    Each word counts once a line, so that a long column of one word says no more than that.
    """
    counts = dict.fromkeys(KNOWN, 0)
    for text in texts:
        for line in text.splitlines():
            found = {run.casefold() for run in _RUN.findall(line)}
            for language, words in KNOWN.items():
                counts[language] += len(found & words)
    best, second = sorted(counts, key=lambda language: -counts[language])[:2]
    if counts[best] < LEAST or counts[best] < 1.5 * counts[second]:
        return otherwise
    return best


def locale_of(texts: Iterable[str], clinic: Locale) -> Locale:
    """The document's own habits when it is in another language than the clinic, else the clinic's.

    English stays in the clinic's order: it is written in both.
    """
    language = language_of(texts, otherwise=clinic.language)
    if language == clinic.language:
        return clinic
    if language == "en":
        return replace(clinic, language="en", decimal_comma=False)
    return replace(
        clinic, language=language, day_first=True, decimal_comma=language in DECIMAL_COMMA
    )
