"""Made-up people and clinics in any number: common names, rare ones, and many that nearly coincide.

A search is worth measuring only among people whom it could confuse, so the spellings of a name
stand beside each other (Jon, John; Smyth, Smith), and the stock of surnames grows with the
number of people, as it does in a town.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate, product
from uuid import NAMESPACE_DNS, UUID, uuid5


def _listed(text: str) -> list[str]:
    return text.split()


FIRST = _listed("""
James Jim Jamie John Jon Jonathan Joan Robert Roberto Rob Michael Micheal Michelle Mikhail
William Wilhelm Will David Davide Richard Ricardo Joseph José Josef Thomas Tomas Tomás Charles
Carlos Carl Karl Christopher Christian Kristian Daniel Daniela Danielle Matthew Mathew Mateo
Anthony Antonio Antonia Mark Marc Marco Steven Stephen Stefan Paul Paula Pablo Andrew Andrea
Andreas Joshua Kenneth Kevin Brian Bryan George Jorge Georgia Timothy Ronald Edward Eduardo
Jason Jeffrey Geoffrey Ryan Jacob Gary Nicholas Nicolas Eric Erik Erika Mary Maria Mariah Marie
Mario Marian Patricia Patrick Jennifer Linda Lynda Elizabeth Elisabeth Eliza Barbara Susan
Suzanne Susanna Jessica Sarah Sara Karen Karin Carin Lisa Nancy Betty Margaret Margarita Sandra
Ashley Kimberly Emily Emilia Emil Donna Carol Carole Karol Amanda Dorothy Melissa Deborah Debra
Stephanie Rebecca Rebekah Sharon Laura Lauren Cynthia Kathleen Catherine Katherine Kathryn Amy
Angela Ángela Shirley Anna Ana Anne Ann Hannah Nguyet Wei Mei Aisha Ayesha Fatima Mohammed
Mohamed Muhammad Omar Ali Alia Priya Ravi Sanjay Yuki Hiroshi Olga Ivan Dmitri Zoë Chloé Søren
Jürgen
""")
LAST = _listed("""
Smith Smyth Smythe Schmidt Schmitt Johnson Johnston Johnstone Jonson Williams Williamson Brown
Browne Braun Jones Garcia García Garza Garzia Miller Muller Müller Mueller Davis Davies
Rodriguez Rodríguez Rodrigues Martinez Martínez Martin Martins Hernandez Hernández Fernandez
Lopez López Lopes Gonzalez González Gonzales Wilson Willson Anderson Andersen Andersson Thomas
Thompson Thomson Taylor Tailor Moore More Moor Jackson Lee Leigh Li Perez Pérez Peres White
Whyte Harris Harrison Sanchez Sánchez Clark Clarke Ramirez Ramírez Lewis Louis Robinson
Robertson Walker Young Yang Allen Allan Alan King Wright Right Scott Torres Torrez Nguyen
Nguyễn Hill Hall Flores Green Greene Adams Adamson Nelson Nielsen Baker Rivera Rivero Campbell
Mitchell Carter Roberts Gomez Gómez Gomes Phillips Philips Evans Turner Diaz Díaz Dias Parker
Cruz Cruise Edwards Collins Collin Reyes Reye Stewart Stuart Morris Morrison Morales Murphy
Murphey Cook Cooke Rogers Rodgers Gutierrez Ortiz Morgan Cooper Peterson Petersen Pedersen
Bailey Bayley Reed Reid Read Kelly Kelley Howard Ramos Kim Cox Ward Richardson Watson Brooks
Chavez Wood Woods James Bennett Bennet Gray Grey Mendoza Ruiz Hughes Price Alvarez Castillo
Sanders Saunders Patel Myers Meyer Meyers Meier Maier Long Ross Foster Forster Jimenez Powell
Jenkins Perry Parry Russell Russel Sullivan Bell Coleman Butler Henderson Barnes O'Brien
O'Connor O'Neill Fisher Fischer Vasquez Simmons Graham Okafor Haddad Kowalski Kowalska Novak
Nowak Ivanov Ivanova Yılmaz Øberg Ångström
""")
_HEADS = _listed("""
Bal Cor Dun Fel Gar Hol Kel Lin Mar Nor Pel Quin Ros Sal Tor Ver Wes Bran Clav Drum Fitz Glen
Hart Kirk Lang Mont Penn Rath Stan Thorn Wick
""")
_MIDDLES = _listed("a e i o u an el in or um ber den ler ing ston")
_TAILS = _listed("""
berg by comb dale den felt ford gate ham ley low man mere mont more ney quist rell sby ski son
stad stein ström thal ton vale ward wick worth yer
""")
RESERVED = (("Jon", "Smyth"), ("Maria", "Garcia"), ("Maria", "García"))
"""Nobody else is called that, so that a search for one of them has one right answer."""


def clinic_of_size(count: int) -> tuple[UUID, str]:
    """The id and the admin's e-mail address, always the same for a size."""
    return uuid5(NAMESPACE_DNS, f"{count}.backline.example"), f"admin@scale-{count}.example"


def made_names(seed: int) -> Iterator[tuple[str, str]]:
    """First and last names without end, the same for the same seed; a few are most people's."""
    source = random.Random(seed)  # noqa: S311 - made-up people
    rare = ["".join(parts) for parts in product(_HEADS, _MIDDLES, _TAILS)]
    source.shuffle(rare)
    first_weights = _falling(len(FIRST), 40)
    last_weights, rare_weights = _falling(len(LAST), 40), _falling(len(rare), 200)
    while True:
        firsts = source.choices(FIRST, cum_weights=first_weights, k=1000)
        lasts = source.choices(LAST, cum_weights=last_weights, k=1000)
        others = source.choices(rare, cum_weights=rare_weights, k=1000)
        for first, last, other in zip(firsts, lasts, others, strict=True):
            draw = source.random()
            if draw < 0.3:
                yield first, other
            elif draw < 0.36:
                yield first, f"{last} {other}"
            elif (first, last) not in RESERVED:
                yield first, last


def misspelt(name: str, source: random.Random) -> str:
    """The name with one slip of the fingers: a letter left out, doubled, swapped or foreign."""
    place = source.randrange(1, max(2, len(name) - 1))
    head, letter, tail = name[:place], name[place : place + 1], name[place + 1 :]
    slips = (
        head + tail,
        head + letter + letter + tail,
        head + tail[:1] + letter + tail[1:],
        head + source.choice("aeionrst") + tail,
    )
    return source.choice(slips)


def _falling(count: int, flatness: int) -> list[float]:
    return list(accumulate(1 / (place + flatness) for place in range(count)))
