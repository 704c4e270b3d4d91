"""Notes of publishers that are not papers, and papers about such notes. Wordings made up after the habits of each."""

import time

import pyarrow as pa
import pytest

from lib.records.notes import is_note

NOTES = """
Erratum to “Heat flow in thin porous plates” [Int. J. Plates 12 (2011) 101–110] | The publisher regrets that the printed version of the above article contained a number of errors. The correct and final version follows.
Corrigendum to "Soil carbon under maize" [Soil Reports 44 (2019) 7-19] | The authors regret that the unit in Table 2 was wrong. The authors would like to apologise for any inconvenience caused.
Retraction notice to “A sensor for nickel” [Sens. Lett. 3 (2015) 44–49] | This article has been retracted at the request of the Editor-in-Chief, since parts of it had appeared before.
Correction to: Fast sorting of ragged arrays | In the original version of this article, the affiliation of the second author was incorrect. The original article has been corrected.
Erratum to: Lattice walks with barriers | The online version of the original article can be found under doi:10.1007/s00000-015-0001-1.
Retraction Note: Zinc uptake in barley roots | The Editor-in-Chief has retracted this article because Figure 3 overlaps with an earlier figure. The authors do not agree to this retraction.
Publisher Correction: Spin waves in layered magnets | An amendment to this paper has been published and can be accessed via a link at the top of the paper.
Author Correction: Ocean heat since 1950 | A Correction to this paper has been published: https://doi.org/10.1038/s00000-021-0001-1.
Editorial Expression of Concern: Growth of tumour spheroids | The Editors would like to alert readers that concerns have been raised about the images in this article.
Corrigendum: Selective oxidation of alcohols | The authors have noticed that in the above article Scheme 2 was drawn with the wrong ligand. The authors apologize for this oversight.
Retraction: Gene silencing in mice | The above article, published online on 3 March 2012, has been retracted by agreement between the authors, the journal's editor and the publisher.
Issue Information | Issue information, editorial board and contents of volume 30, number 2.
Front Cover: Light-driven rotors (Chem. Quart. 4/2019) | The cover picture shows a molecular rotor that is driven by violet light.
Correction: Bat calls in urban parks | The third author's name is spelled incorrectly. The correct name is: A. B. Sample.
Correction: Sleep and shift work in nurses | There is an error in the caption for Fig 2. Please see the correct caption here.
Expression of Concern: Mutations of a kinase in leukaemia | After this article was published, concerns were raised about several panels. The editors issue this Expression of Concern.
Retraction: Statins and bone density | The journal's editors retract this article, since the data could not be verified.
Corrections to “Power control in cellular relays” | In the above paper [1], equation (7) should read as follows.
Notice of Retraction: A fast router design | After careful and considered review of the content of this paper by a duly constituted expert committee, this paper has been found to be in violation of the publication principles.
Table of contents | Presents the table of contents for this issue of the publication.
IEEE Transactions on Made Up Systems publication information | Provides a listing of the editorial board, current staff, committee members and society officers.
[Front cover] | Presents the front cover for this issue of the publication.
Call for papers: special issue on clocks | Prospective authors are requested to submit new, unpublished manuscripts for the upcoming event.
Correction to “Binding of Copper to Humic Acid” | Page 1017. In the original paper, the stability constants in Table 1 were given in the wrong units.
Correction: Doe et al. Yeast in Cold Stores. Foods 2020, 9, 12 | The authors wish to make the following corrections to this paper: in Section 2.1, the strain was named wrongly.
Correction: Roe et al. A Model of Traffic. Sensors 2021, 21, 3 | There was an error in the original publication. The authors state that the scientific conclusions are unaffected. This correction was approved by the Academic Editor.
Correction | When the above article was first published online, the fourth author was omitted. This has now been corrected in both the print and online versions.
Statement of Retraction: Fuzzy control of a crane | We, the Editors and Publisher of the journal, have retracted the following article.
Erratum: Dust around young stars | This is an erratum to: 'Dust around young stars', published in the Monthly Letters 410, 2011.
Corrigendum to: Fungi of old orchards | In the originally published version of this manuscript, the funding statement was missing. This has been corrected.
Addendum: Ice cores of the last millennium | The authors wish to add the following acknowledgement. This addendum does not change the results of the published article. This correction does not affect the conclusions.
On the length of knots – CORRIGENDUM | In the original article there was an error in the proof of Lemma 2. The authors regret this error.
Addition and Correction to A Census of Bees | The Supporting Information file has been replaced with a corrected version.
Publisher’s Note: A census of bees | This article was published with an error in the title. The title has been corrected as of 1 May 2012.
Erratum zu: Bienen im Winter | Die Originalfassung dieses Artikels enthielt einen Fehler in Tabelle 2.
Front Matter | The front matter contains the title page, the copyright information, the contents and the list of the programme committee.
Editorial | It is my pleasure to present the second issue of the year, with eleven papers on clocks.
Preface | This volume contains the proceedings of a workshop that was held in the spring.
Guest Editorial: Clocks in Networks | The articles in this special section focus on clocks in networks and on their synchronization.
List of Reviewers | The editors thank the following reviewers of volume 12.
Erratum: One-loop masses in a toy model | We correct two errors in our previous computation of one-loop masses. We here present the corrected results.
""".strip().splitlines()
PAPERS = """
A corrigendum to the theory of ideal markets | We show that the theory of ideal markets needs one more axiom. With it, all its theorems hold, and prices exist for any finite number of goods.
Retraction of articles in oncology: a bibliometric study | We collected 312 retraction notices of oncology journals from 2000 to 2020 and counted their reasons. Half of the retracted articles were cited afterwards.
Errata in medical journals: how often are they read? | Errata are published months after an article. We count how often they are cited in 40 journals.
Corrections to scaling in the three-dimensional Ising model | We study corrections to scaling by Monte Carlo simulation of improved models and find the leading exponent.
Correction for missing data in surveys: a comparison | Survey data are missing for many reasons. Three methods of correction are compared on planted gaps.
Correction of refraction errors in school children | In the original trial, glasses were free. Here 1,200 children in two districts were followed for a year.
Correction: a history of the modern prison | Prisons were meant to correct. This essay follows the word and the buildings through two centuries.
Retraction of the tongue in newborns | Retraction of the tongue was measured in 40 newborns by ultrasound. It depends on the length of the frenulum.
RETRACTED ARTICLE: Fast diagnosis of faults by deep networks | Faults of bearings are found from vibration by a deep network. On two data sets its accuracy is 98 percent.
Addendum to a paper on harmonic maps | We extend the regularity theorem to maps into manifolds with boundary and show that it is sharp.
Withdrawal of antidepressants: a randomised trial | Withdrawal of antidepressants was compared with continued treatment in 200 patients over a year.
Expressions of concern in online forums of patients | Messages of concern were coded in 14 forums. They rise after reports in the news and fall within two weeks.
Editorial boards of economics journals: a network study | This study examines who sits on the editorial boards of 100 journals and how the boards are linked.
Contents of heavy metals in rice | The contents of lead and cadmium were measured in 300 samples of rice from the market.
Cover crops and nitrogen in maize | Cover crops such as rye were sown after the harvest. They held back 40 kg of nitrogen per hectare.
Index of refraction of liquid argon | The index of refraction of liquid argon was measured at 128 nm with an interferometer.
Introduction | Galaxies come in two colors, and the division between them is sharp. We show how it depends on mass.
Preface | We prove that each finite group is a quotient of a lattice, and describe the kernel.
Editorial | Vaccines against malaria have reached the third phase of trials. Their efficacy falls from year to year, and costs decide on their use.
Error correction: from codes to circuits | In the original scheme of Shor, nine qubits hold one. Here a scheme with five is built into a circuit.
Notes on retracts of polynomial rings | Let R be a retract of a polynomial ring. It is shown that R is again a polynomial ring in small dimension.
A message from the early universe: gravitational waves | The first signals of this kind are expected from pulsars. We present a forecast for ten years.
Erratum detection in proofs by language models | There are errors in many proofs. Language models find half of them in a set of 500 planted ones.
""".strip().splitlines()


def note(line: str) -> bool:
    title, abstract = line.split(" | ")
    return is_note(pa.array([title]), pa.array([abstract]))[0].as_py()


@pytest.mark.parametrize("line", NOTES)
def test_a_note_is_recognized(line):
    assert note(line)


@pytest.mark.parametrize("line", PAPERS)
def test_a_paper_stays(line):
    assert not note(line)


@pytest.mark.parametrize("line", NOTES)
def test_the_title_alone_is_not_enough(line):
    abstract = (
        "A protein was crystallized at two temperatures, and its structure was solved to 1.4 Å by X-rays."
    )
    assert not note(f"{line.split(' | ')[0]} | {abstract}")


@pytest.mark.parametrize("line", NOTES)
def test_the_text_alone_is_not_enough(line):
    assert not note(f"The structure of a protein at two temperatures | {line.split(' | ')[1]}")


@pytest.mark.parametrize("words", ["the authors of ", "error in the ", "a ", "this article "])
def test_a_long_text_of_the_same_words_takes_no_time(words):
    """Some ways to divide these words would take for ever if the patterns tried them all."""
    started = time.process_time()
    assert not note(f"Erratum: on knots | {words * 2000}")
    assert time.process_time() - started < 2
