"""Notes of publishers that are not papers: errata, retraction notices, front matter, tables of contents.

Title and text must both say so. A paper *about* retractions, or with a correction in its title, stays: its
text speaks of something else. So does an abstract of a paper under a title such as "RETRACTED ARTICLE: …".
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

from lib.records.text import confirmed

_OPEN = r"[\W\d_]*"
_PAPER = r"(?:article|paper|publication|letter|chapter|manuscript|work|contribution|review|study|report|book|communication|protocol)"
_THIS = rf"(?:this|the|our|my|the\s+(?:above|aforementioned|following|original|cited)(?:[\s-]+(?:named|titled|mentioned))?)\s+(?:published\s+|original\s+|research\s+|review\s+)?{_PAPER}s?"
_NOTE = (
    r"(?:erratum|errata|corrigend(?:um|a)|addend(?:um|a)|additions?\s*(?:and|/|&)\s*corrections?|corrections?|amendments?|retractions?|withdrawals?|removals?"
    r"|expressions?\s+of\s+concern)"
)
_BY = r"(?:(?:author|publisher|editor|editorial|partial|temporary)(?:['’]?s?['’]?)\s+)?"
# Words that begin a title of a note, and of few papers
_SURE = (
    r"(?:erratum|errata|corrigend(?:um|a)|additions?\s*(?:and|/|&)\s*corrections?|expressions?\s+of\s+concern|publisher['’]?s?['’]?\s+note"
    r"|(?:retraction|withdrawal|removal|correction|erratum|corrigendum)\s+(?:notes?|notices?|statements?)"
    r"|(?:statement|notice|note)\s+of\s+(?:retraction|removal|withdrawal|correction|redundant\s+publication|concern|violation[^:]*)"
    r"|fe\s+de\s+erratas?|berichtigung|rectificatif)"
)
# A quotation mark or a colon, with or without "to": "Correction to: …", "Addendum to “…”"
_TO = r"(?:\s+(?:to|for|of|in|on))?\s*(?:[:.—–\[(\"“”'‘`«]|\\?textquote|$)"
# Nearly always a note
SURE_TITLE = re.compile(
    rf"{_OPEN}{_BY}(?:{_SURE}(?:\s*(?:[:.—–\[(\"“”'‘`«-]|$)|\s+(?:to|for|zu|zum)\b)"
    rf"|(?:{_NOTE}|retracted(?:\s+{_PAPER})?|withdrawn(?:\s+{_PAPER})?|removed){_TO})"
    # "A theory of X: erratum", "A theory of X – CORRIGENDUM"
    rf"|.*[\W_]\s*[:—–\[(-]\s*{_BY}{_SURE}[\s\])]*\.?$",
    re.IGNORECASE,
)
# Often a paper: "Corrections to scaling", "Retraction of articles in oncology", "Errata in medical journals"
WEAK_TITLE = re.compile(
    rf"{_OPEN}{_BY}(?:{_NOTE}|{_SURE})\s+(?:to|for|of|on|in|by|and)\b"
    rf"|.*[\W_]\s*[:—–\[(-]\s*{_BY}{_NOTE}[\s\])]*\.?$",
    re.IGNORECASE,
)
_DONE = r"(?:retracted|withdrawn|removed|corrected|amended|updated|republished|replaced|rectified)"
_PART = (
    r"(?:figs?\.?|figures?|tables?|equations?|eqs?\.?|references?|footnotes?|sections?|legends?|captions?|captioned|panels?|page|pages|pp?\."
    r"|lines?|authors?|affiliations?|names?|surname|spelling|e-?mail|address|funding|acknowledg\w+|abstract|title|data|supporting\s+information"
    r"|supplementary\s+\w+|copyright|licen[cs]e|doi|orcid|grant|conflicts?|competing\s+interests?|byline|statement|information|values?|units?)"
)
_FALSE = r"(?:incorrect(?:ly)?|wrong(?:ly)?|errors?|erroneous(?:ly)?|mistakes?|mistaken(?:ly)?|misspel\w+|misprint\w*|omitted|missing|inadvertent\w*|mislabel\w+|typographical|inaccura\w+|swapped|duplicated|transposed)"
_BEFORE = (
    rf"{_OPEN}(?:(?:{_BY}{_NOTE}|retracted|withdrawn|{_SURE})\s*(?:(?:notice|note|statement)\s*)?[:.—–-]+\s*"
    r"|unfortunately,?\s+|following\s+publication[^.]{0,60},\s+|it\s+has\s+come\s+to\s+(?:our|the)\b[^.]{0,60}that\s+)?"
)
# The abstract begins by speaking of itself or of the paper that it corrects
_OF_ITSELF = (
    rf"(?:this|the(?:\s+present)?)\s+{_BY}{_NOTE}(?:\s+(?:notice|note))?\s+"
    r"(?:to\b|for\b|of\b|corrects?|concerns?|refers?|relates?|is\b|was\b|has\b|amends?|addresses|fixes|retracts?|clarifies|updates|:)"
    rf"|this\s+(?:retracts|corrects|concerns|amends|updates)\s+(?:the|an?)\s+{_PAPER}"
    rf"|this\s+(?:{_PAPER}\s+)?is\s+an?\s+{_BY}{_NOTE}\b"
    rf"|an?\s+{_BY}{_NOTE}\s+to\s+(?:this|the)\s+{_PAPER}\b|an?\s+{_BY}{_NOTE}\s+(?:has\s+been|was|is)\s+(?:published|issued|made)\b"
    rf"|{_BY}{_NOTE}\s+(?:to|for|of)\s*:?\s*[\"“‘'`]"
    rf"|{_THIS}(?:[^.;]|\.(?!\s+[A-Z])){{0,300}}?\b(?:has|have|had|was|were|is|are)\s+(?:(?:now|been|being|hereby|since|unfortunately|[a-z]+ly)\s+)*{_DONE}\b"
    rf"|(?:(?:after|since|following)\s+(?:the\s+)?(?:publication\s+of\s+)?{_THIS}[^.;]{{0,80}})?\bconcerns?\s+(?:has|have|were|was)\s+(?:been\s+)?(?:raised|expressed|brought)\b"
    rf"|in\s+the\s+(?:original(?:ly)?|above|aforementioned|above-\w+|initial(?:ly)?)\s+(?:online\s+|published\s+)?(?:{_PAPER}|version)\b"
    rf"|(?:\w+(?:['’]s?)?[\s,-]+){{1,12}}?"
    rf"(?:(?:deeply|sincerely|wish(?:es)?\s+to|would\s+like\s+to|want\s+to|hereby|have|has|had|now|been|is|are|both)\s+)*"
    rf"(?:regrets?\b|apologi[sz]es?\b|(?:retract|withdraw|correct|amend)(?:s|ed|n|ing)?\s+{_THIS}|(?:inform|notify|alert)s?\s+(?:the\s+|our\s+)?readers)"
    r"|presents?\s+(?:an?\s+)?(?:corrections?|errat(?:a|um)|addend(?:a|um)|retractions?)\s+(?:to|of|for)\b"
    r"|the\s+online\s+version\s+of\s+the\s+original|the\s+original\s+(?:version\s+of\s+(?:this|the)\s+)?(?:article|chapter|publication|book)\b[^.;]{0,80}\b(?:can\s+be\s+found|was|has|contained|is\s+available)"
    r"|after\s+careful\s+and\s+considered\s+review"
)
# The abstract begins with what was wrong
_OF_ERRORS = (
    rf"{_THIS}(?:[^.;]|\.(?!\s+[A-Z])){{0,300}}?\b(?:was|were|contain(?:s|ed)?|include[sd]?)\s+(?:(?:an?|several|some|the|unfortunately|[a-z]+ly)\s+)*(?:published|{_FALSE}|{_NOTE})\b"
    rf"|(?:in|on|after|upon|during|when|since|following)\s+(?:the\s+)?(?:original(?:ly)?|initial(?:ly)?|above|first|online|print(?:ed)?|published|final)\b[^.;]{{0,40}}\b(?:{_PAPER}|version|publication|published)\b"
    rf"|in\s+(?:{_THIS}|our\s+{_PAPER})\s*(?:\[|\(|,|by\b|entitled|titled|published|there\b|an?\s+error|{_PART})"
    rf"|(?:in|on)\s+(?:the\s+)?{_PART}\b[^.;]{{0,120}}\b(?:{_FALSE}|should)\b"
    rf"|(?:we|i|the\s+authors?)\b[^.;]{{0,60}}\b(?:correct(?:s|ed)?|make|report|point\s+out|note|announce|fix|found|find|identified|noticed)\s+(?:an?|the|several|some|two|three|following|these)\b[^.;]{{0,40}}\b(?:{_NOTE}|{_FALSE}|changes?)\b"
    r"|(?:we|i|the\s+authors?)\s+(?:would\s+like|wish(?:es)?|want)\s+to\s+(?:correct|add|make|amend|clarify)\b"
    r"|(?:in\s+der|die|der)\s+original(?:fassung|version|publikation|arbeit|artikel)\b|(?:une|des|un)\s+erreurs?\b|en\s+el\s+art[íi]culo\s+original\b"
    rf"|there\s+(?:is|are|was|were|has\s+been|have\s+been)\s+(?:an?|some|several|two|three|the)?\s*(?:\w+\s+){{0,2}}?{_FALSE}\s+(?:in|with)\b"
    rf"|(?:an?|some|several|two|three|the\s+following)\s+(?:\w+\s+){{0,2}}?{_FALSE}\s+(?:\w+\s+)?(?:occur(?:s|red)|appear(?:s|ed)|(?:is|was|were|has\s+been|have\s+been)\s+(?:introduced|made|found|identified|noticed|discovered|detected|corrected))\b"
    rf"|(?:an?|some|several|the|two|three)\s+(?:\w+\s+){{0,2}}?{_FALSE}\s+in\b[^.;]{{0,80}}\b(?:is|are|was|were|has\s+been|have\s+been)\s+(?:hereby\s+|now\s+)?(?:corrected|pointed\s+out|fixed|rectified|identified|found)"
    rf"|(?:the\s+)?(?:\w+[’'.]?s?\s+){{0,6}}?{_PART}\b[^.;]{{0,160}}?\b(?:is|are|was|were|should|appears?|appeared|contain(?:s|ed)?|has|have)\s+(?:(?:been|be|listed|given|published|spelled|an?|also|unfortunately)\s+)*(?:{_FALSE}|read)\b"
    rf"|the\s+following\s+(?:\w+\s+){{0,3}}?(?:is|are|was|were|should|{_NOTE}|{_FALSE})\b"
)
OF_ITSELF = re.compile(rf"{_BEFORE}(?:{_OF_ITSELF})", re.IGNORECASE)
OF_ERRORS = re.compile(rf"{_BEFORE}(?:{_OF_ERRORS})", re.IGNORECASE)
# Sentences that few papers have; under the title of a note they may stand anywhere
CONTAINS = re.compile(
    rf"\boriginal\s+(?:article|publication|version|paper|chapter)\s+(?:can\s+be\s+found|has\s+(?:also\s+)?been\s+(?:corrected|updated)|was\s+(?:published|corrected))"
    rf"|\bin\s+the\s+(?:original|published)\s+(?:version\s+of\s+(?:this|the)\s+)?{_PAPER}\b[^.]{{0,120}}\b{_FALSE}"
    r"|\b(?:authors?|editors?|publishers?)\b[^.]{0,60}\b(?:regrets?|apologi[sz]e)\b|\bregrets?\s+(?:the|this|these|any)\s+errors?\b|\bapologi[sz]es?\s+for\s+(?:the|this|these|any)\b"
    r"|\bscientific\s+conclusions\s+(?:of\s+\w+\s+\w+\s+)?(?:are|remain)\s+un|\bcorrection\s+was\s+approved\b"
    rf"|\bshould\s+(?:have\s+)?(?:read|been|be\s+(?:read|replaced|corrected))\b[^.]{{0,80}}|\bthe\s+correct\s+(?:\w+\s+){{0,2}}?{_PART}\b"
    rf"|\b(?:this|the)\s+(?:error|mistake|correction|change)s?\s+(?:does|do|did|has|have|had)\s+(?:not|no)\s+(?:affect|alter|change|influence|impact|effect|bearing)"
    r"|\ban?\s+error\s+occurred\b|\bcorrected\s+(?:version|figure|table|equation|affiliation|article)\b"
    r"|\b(?:now|since)\s+been\s+corrected\b|\bhas\s+been\s+(?:corrected|updated)\s+(?:in|online|to)\b"
    rf"|\bwe\s+(?:hereby\s+)?(?:retract|withdraw)\s+(?:the|this|our)\b|\b(?:hereby|therefore|is\s+being|being)\s+retract(?:s|ed|ing)?\b|\bhas\s+been\s+retracted\b",
    re.IGNORECASE,
)
# A word for another subject than the paper corrected: what a study *of* notes says
STUDY = re.compile(
    r"\bretract(?:ed|ion)s?\s+(?:papers|articles|publications|notices|rates?|studies|literature|watch|database)|\b(?:bibliometric|scientometric|web\s+of\s+science|scopus|pubmed\s+(?:was|were|and))|\b(?:errata|corrigenda|retractions|corrections|expressions\s+of\s+concern)\s+(?:are|were|in|from|published|and|rates?|among|as)\b"
    r"|\bwe\s+(?:analy[sz]ed?|examined?|survey(?:ed)?|review(?:ed)?|collected|searched|stud(?:y|ied)|identified|propose[ds]?|investigate[ds]?|develop(?:ed)?)\b",
    re.IGNORECASE,
)
_ISSUE = r"(?:issue|volume|number|section|proceedings|journal|magazine|conference|symposium|workshop|periodical|publication|transactions|book|edition|society)s?"
# Whole titles of pages of an issue. Of the second kind papers and essays have some, too.
_MATTER = (
    r"(?:\w+\s+)?(?:editorial|advisory|editorial\s+advisory)\s+(?:board|committee)s?(?:\s+.{0,40})?|(?:graphical\s+)?(?:table\s+of\s+)?contents(?:\s+(?:list|page|of\s+(?:the\s+|this\s+)?(?:volume|vol\.|issue|number)\b.{0,60}))?|toc|issue\s+(?:information|contents|highlights)|(?:front|back|end)\s*matter"
    r"|masthead|imprint|impressum|title\s+pages?|half\s+title(?:\s+page)?|copyright(?:\s+(?:page|notice))?|blank\s+page|colophon|frontispiece|(?:inside\s+)?(?:front|back|outside\s+(?:front|back))?\s*(?:inside\s+)?cover(?:\s+(?:page|image|picture|feature|art|\d))?s?(?:\s+and\s+.{0,40})?"
    r"|(?:(?:author|subject|keyword|cumulative|annual|volume|reviewer)s?\s+)+index|index\s+(?:of|to)\s+(?:the\s+)?(?:authors|names|subjects|keywords|volumes?|titles|reviewers)\b.{0,40}|\d{4}\s+index\s.{0,120}|(?:list|acknowledge?ments?|thanks)\s+(?:of|to|for)\s+(?:the\s+|our\s+)?(?:\w+\s+)?(?:referees|reviewers|authors|contributors|participants|editors)(?:\s+.{0,40})?|reviewers?(?:\s+(?:list|acknowledge?ment|.{0,20}\d{4}))?"
    r"|(?:instructions|information|guidelines|notes?|guide)\s+(?:for|to)\s+(?:the\s+)?(?:authors|contributors|readers|subscribers)|notes\s+on\s+contributors|about\s+(?:the\s+)?(?:authors|contributors|cover|this\s+issue)|calls?\s+for\s+papers.{0,120}|list\s+of\s+(?:contributors|abbreviations|participants)"
    r"|ieee\s.{0,100}\binformation|.{0,100}\b(?:publication|society|subscription)\s+information|\[?(?:publisher['’]?s?\s+information|publication\s+information|advertisements?)\]?|(?:in|inside)\s+(?:this|the\s+next)\s+issue.{0,60}|(?:conference\s+)?(?:program(?:me)?|organi[sz](?:ing|ation)\s+committees?|committees)(?:\s+committee)?|(?:technical\s+)?program(?:me)?\s+committee"
)
_EDITORIAL = (
    r"(?:guest\s+)?editorial(?:\s*[:.—–-].{0,150}|\s+(?:note|comment|foreword|preface|introduction)s?|\s+(?:for|to)\s.{0,120})?|(?:editor|guest\s+editor|publisher)s?['’]?s?\s+(?:note|preface|foreword|introduction|page|message|comments?|letter|remarks|choice)(?:\s*[:.—–-].{0,120})?"
    r"|(?:preface|foreword|forward|introduction|prologue)(?:\s+(?:to|for)\s+(?:the\s+|this\s+)?(?:special\s+|theme\s+)?(?:issue|volume|section|proceedings|book|edition)\b.{0,120}|\s*[:.—–-]\s*(?:special\s+issue|proceedings|volume)\b.{0,120})?"
    r"|(?:a\s+)?(?:welcome\s+)?(?:message|letter|note|word)\s+from\s+the\s+.{0,80}|from\s+the\s+(?:editor|guest\s+editor|chair|president|publisher)s?.{0,60}|welcome(?:\s+(?:message|address|to\b.{0,60}))?|(?:introduction|introducing)\s+(?:to\s+)?(?:the|this)\s+(?:special\s+)?(?:issue|section|volume)\b.{0,120}|(?:front|inside|back|outside)?\s*(?:front|back)?\s*cover\s*(?:picture|image|feature|art|profile)?\s*[:.—–-].{0,250}|on\s+the\s+cover.{0,120}"
)
MATTER_TITLE = re.compile(rf"{_OPEN}(?:{_MATTER}){_OPEN}", re.IGNORECASE)
EDITORIAL_TITLE = re.compile(rf"{_OPEN}(?:{_EDITORIAL}){_OPEN}", re.IGNORECASE)
MATTER = re.compile(
    rf".{{0,160}}?(?:\b(?:this|the|present|our|current|first|next|last|new|latest|special|forthcoming)\s+(?:\w+\s+)?{_ISSUE}\b|\bpresents\s+the\b|\bprovides?\s+(?:a\s+listing|the|instructions|information)\b|\bprospective\s+authors\b|\blisting\s+of\b"
    r"|\b(?:editor(?:s|ial)?(?:[\s-]+in[\s-]+chief)?|board|editors|reviewers|referees|contributors|committee|contents|cover|index|issn|isbn|copyright|advertisement|volume\s+\d+|vol\.\s*\d+|subscription|masthead|submi(?:t|ssion)|guidelines)\b)",
    re.IGNORECASE | re.DOTALL,
)
EDITORIAL = re.compile(
    rf".{{0,200}}?(?:\b(?:this|the|present|our|current|first|next|new|latest|forthcoming)\s+(?:(?:special|theme|thematic|joint|focus|themed|double|fourth|second|third|final)\s+)*{_ISSUE}\s+(?:of|is|on|contains?|presents?|brings?|includes?|features?|collects?|offers?|opens?|gathers?|comprises?|focus\w*|addresses|covers?|aims?|marks?|provides?|showcases?|was|were|has|we|highlights?|consists?|starts?|begins?|,|we|:|\.)"
    rf"|\b(?:articles|papers|contributions)\s+in\s+(?:this|the)\s+(?:special\s+)?{_ISSUE}\b|\bin\s+this\s+(?:special\s+)?{_ISSUE}\b|\bwelcome\s+to\b|\b(?:great\s+)?(?:pleasure|honou?r|privilege)\s+(?:to|for|that)\b|\b(?:we|i)\s+(?:are|am)\s+(?:very\s+)?(?:pleased|happy|delighted|proud|glad)\s+to\s+(?:present|introduce|welcome|announce|share)"
    r"|\b(?:cover|picture|image|artwork)\s+(?:picture|image|feature|art|illustration)?\s*(?:shows?|depicts?|illustrates?|features?|represents?|displays?|presents)\b)",
    re.IGNORECASE | re.DOTALL,
)
RESEARCH = re.compile(
    r"\bwe\s+(?:show|prove|study|studied|find|found|analy[sz]ed?|propose|present\s+a\b|investigate|examined?|measured?|develop(?:ed)?|compared?|describe|report|demonstrate|argue|used?|derive|consider|introduce\s+a\b)|\b(?:our|the)\s+(?:results|findings|data)\s+(?:show|suggest|indicate|demonstrate)|\bresults\s*:|\b(?:this|the)\s+(?:paper|study|article)\s+(?:presents?|investigates?|proposes?|examines?|describes?|stud(?:y|ies)|considers?|analy[sz]es)|\b(?:boundary|initial)\s+conditions?|\btheorem\b|\bp\s*[<=]\s*0?\.\d",
    re.IGNORECASE,
)
# One cheap search sorts out nearly all titles
CUE = (
    r"(?i)errat|corrigend|addend|correction|amendment|retract|withdrawal|withdrawn|removal|removed|of concern|berichtigung|rectificatif"
    r"|notice of|statement of|editor|content|^\W*toc\W*$|issue|matter|masthead|imprint|impressum|title page|half title|copyright|blank page|colophon|frontispiece|cover"
    r"|index|reviewer|referee|acknowledg|thanks|^\W*(?:list of|instructions|information|guide|notes?|about|call|in |inside|preface|fore?ward|foreword|introduc|prologue|welcome|message|letter|a |word|from the|conference pro|program|technical pro|organi|committee|advisory|advert|publisher)| information\W*$"
)


def is_note(titles: pa.StringArray, abstracts: pa.StringArray) -> pa.BooleanArray:
    """Whether title and abstract together are a note and not a paper: bool."""
    return confirmed(pc.match_substring_regex(titles, CUE), _is_note, titles, abstracts)


def _is_note(title: str, abstract: str) -> bool:
    # titles first: they are short, and nearly all of them decide
    sure = SURE_TITLE.match(title)
    if (sure or WEAK_TITLE.match(title)) and not STUDY.search(abstract):
        if OF_ITSELF.match(abstract):
            return True
        if sure and (OF_ERRORS.match(abstract) or CONTAINS.search(abstract)):
            return True
    if MATTER_TITLE.fullmatch(title):
        return bool(MATTER.match(abstract)) and not RESEARCH.search(abstract)
    if EDITORIAL_TITLE.fullmatch(title):
        return bool(EDITORIAL.match(abstract)) and not RESEARCH.search(abstract)
    return False
