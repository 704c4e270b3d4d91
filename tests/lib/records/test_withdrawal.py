"""Withdrawal notes, and papers about something withdrawn."""

import pyarrow as pa
import pytest

from lib.records.withdrawal import is_withdrawal_note

NOTES = r"""
This paper has been withdrawn by the authors because of a crucial error in equation 5.
Withdrawn.
Paper withdrawn
This paper is withdrawn
Withdrawn by the author due to an error.
The paper was withdrawn since the main theorem is wrong.
This submission has been withdrawn by arXiv administrators as it contains copied text.
The authors have withdrawn this paper because of a sign error in equation (14).
The author has withdrawn this paper owing to a gap in the proof.
{\bf This paper has been withdrawn} by the author.
\textbf{This paper has been withdrawn.}
*** This paper has been withdrawn *** since the data were damaged.
[This paper has been withdrawn by the authors, as the boundary condition was wrong.]
We withdraw this paper, since the results cannot be reproduced.
We have decided to withdraw this manuscript.
I withdraw this paper.
This article has been retracted by the authors owing to errors.
This paper has been temporarily withdrawn.
This manuscript (v2) has now been withdrawn for revision.
Retracted due to an error in section 3.
Due to a mistake in the proof of Theorem 2, this paper has been withdrawn.
This submission has been removed by arXiv administration because of a violation of its policies.
This paper has unfortunately been withdrawn.
This version of the paper has been withdrawn.
The author wishes to withdraw this article.
We are withdrawing this paper.
Note: this paper has been withdrawn.
This paper, submitted in 2003, has been withdrawn.
This paper was removed at the request of the author.
The article has been removed by arXiv administrators.
This paper will be withdrawn.
Retracted.
The submission has been withdrawn from arXiv.
RETRACTED: This article has been retracted at the request of the editor.
WITHDRAWN: This article has been withdrawn.
This e-print has been withdrawn.
This paper has been withdrawn from consideration.
Withdrawn by the author, due to an error.
Withdrawn due to a crucial error in Lemma 2, which invalidates the result.
This pre-print was withdrawn.
Removed by arXiv administrators because of a copyright claim.
An error was found in the proof. The paper is withdrawn.
There is an error in section 3, so the paper has been withdrawn.
This paper has been merged with arXiv:0704.0001 and is now withdrawn.
The present paper has been withdrawn by the author.
This contribution has been withdrawn by the authors.
This paper needs to be withdrawn because of an error.
Unfortunately, this paper has been withdrawn.
arXiv admin note: this submission has been withdrawn by arXiv administrators.
Retraction: This article has been retracted.
The Publisher regrets that this article is an accidental duplication; it has therefore been withdrawn.
The above article, published in 2010, has been retracted by agreement between the authors and the editor.
[This retracts the article DOI: 10.1000/xyz.]
The article has been retracted by the Editorial office of the journal, due to some inconsistencies.
Retraction of 'Synthesis of a mannoside' by A. Zhao et al., Chem. Commun., 2020, 56, 14067.
Correction for 'Field enhancements in a nanoparticle' by J. Xian et al., Nanoscale, 2021, 13, 825.
[This corrects the article DOI: 10.1371/journal.pone.0249677.].
There is a gap in the proof of Lemma 2. This paper has therefore been withdrawn by the author.
""".strip().splitlines()
PAPERS = """
Withdrawn drugs are a rich source of knowledge on toxicity.
The withdrawn vaccine of 1976 is analysed again with methods of today.
Withdrawn behaviour in early childhood is followed over ten years.
The paper withdrawn from circulation as banknotes in 1971 is studied by X-ray fluorescence.
Water is withdrawn from aquifers faster than it is filled up again.
We study how troops were withdrawn from the region.
Papers that have been withdrawn are a useful signal.
Retracted papers are cited for years. We count them.
We withdraw energy from the cavity by a second pulse.
The authors of retracted papers are followed for ten years.
Due to an error in the register, the vaccine was withdrawn in 1976. We study why.
The noise has been removed by the authors of the survey. We study what is left.
This paper studies when drugs have been withdrawn from the market.
The report was withdrawn by the government in 2009.
Work was withdrawn from the heat engine.
The article was retracted in 2010 after fraud.
Withdrawn, isolated youth are hard to reach.
The document was withdrawn from public view.
The paper was removed from the pulp by a filter.
Withdrawn because of hepatotoxicity, troglitazone is a warning to the makers of drugs.
Retracted due to fraud, papers on stem cells are still cited.
This work was withdrawn from the fluid reservoir by a turbine.
False results are common in science. The paper was retracted. We study how citations to it evolve.
This paper was withdrawn from the archives of the Vatican in 1878 and found again.
Unfortunately, drugs are withdrawn late. We study why.
The above article of the law was used to retract consent.
The note has been replaced by a coin and is withdrawn from circulation.
We describe a method. This corrects the article of last year.
Correction for multiple testing is studied in genome-wide scans.
Retraction of scientific papers has become frequent.
Errors in banknotes are common. The paper is withdrawn from circulation every year.
""".strip().splitlines()


@pytest.mark.parametrize(("texts", "note"), [(NOTES, True), (PAPERS, False)])
def test_notes(texts, note):
    found = is_withdrawal_note(pa.array(texts), pa.array([True] * len(texts))).to_pylist()
    assert [text for text, is_note in zip(texts, found, strict=True) if is_note != note] == []
