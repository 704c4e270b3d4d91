// Papers as the text of a file: CSV, RIS, BibTeX, ids, and JSON lines that the workflow reads.

const PARTICLE = /^(van|von|vom|zu|zur|de|der|den|del|della|di|da|dos|du|la|le|el|al|bin|ibn|ter|ten)$/i;
const GROUP = /\b(collaboration|consortium|team|group|initiative|network|association|organization|university|institute|committee)$/i;

const SUFFIX = /^(?:(?:Jr|Sr)\.?|I{2,3}|IV)$/;

// A name as [family, given, suffix]; the last two are empty for a group, and for a name of one word. A name with a comma or
// an "and" in it is that of a group: BibTeX would read an "and" as the end of a name.
function partsOf(name) {
  const words = name.split(" "), suffix = words.length > 2 && SUFFIX.test(words.at(-1)) ? words.pop() : "";
  if (words.length < 2 || GROUP.test(name) || /,|\sand\s/i.test(name)) return [name, "", ""];
  let at = words.length - 1;
  while (at > 1 && PARTICLE.test(words[at - 1])) at--;
  return [words.slice(at).join(" "), words.slice(0, at).join(" "), suffix];
}

// What a spreadsheet would run as a formula or read as another number: NOT_PLAIN of scripts/lib/tables.py.
const NOT_PLAIN = /^(?:[=+\-@\t\r]|\s*(?:\p{Nd}+\.\p{Nd}*|\.\p{Nd}+|\p{Nd}[\p{Nd}_]*\.?\p{Nd}*[eE][+\-]?\p{Nd}+|0\p{Nd}+|\p{Nd}{16,})\s*$|(?:nan|null|none|n\/a|na|true|false|inf(?:inity)?)$)/iu;
const asText = value => (typeof value === "string" && NOT_PLAIN.test(value) ? `'${value}` : String(value ?? ""));
const cellOfText = text => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const BOM = "\ufeff"; // by which Excel knows UTF-8

function csv(papers) {
  const columns = ["id", "title", "authors", "year", "category", "topic", "subtopic", "journal", "doi", "url"];
  const row = paper => columns.map(name => cellOfText(asText(name === "authors" ? paper.authors.join("; ") : paper[name]))).join(",");
  return BOM + [columns.join(","), ...papers.map(row)].map(line => `${line}\r\n`).join("");
}

function ris(papers) {
  return papers.map(paper => {
    const lines = [["TY", paper.journal ? "JOUR" : "UNPB"], ["TI", paper.title]];
    for (const name of paper.authors) lines.push(["AU", partsOf(name).filter(Boolean).join(", ")]);
    lines.push(["PY", paper.year], ["DA", paper.day?.replaceAll("-", "/")], ["JO", paper.journal], ["DO", paper.doi], ["UR", paper.url], ["AB", paper.abstract], ["KW", paper.topic], ["ID", paper.id]);
    return [...lines.filter(([, value]) => value), ["ER", ""]].map(([tag, value]) => `${tag}  - ${value}\r\n`).join("");
  }).join("\r\n");
}

const SIGNS = { "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}" };
const escaped = text => String(text).replace(/[\\{}~^]|[&%$#_]/g, sign => SIGNS[sign] ?? `\\${sign}`);

function bibtex(papers) {
  const used = new Set();
  return papers.map(paper => {
    let key = (paper.id.normalize("NFD").replace(/[^A-Za-z0-9:./+-]/g, "") || "paper").replace(/^[^A-Za-z]/, sign => `p${sign}`);
    for (let k = 2, first = key; used.has(key.toLowerCase()); k++) key = `${first}-${k}`;
    used.add(key.toLowerCase());
    const name = author => { const [family, given, suffix] = partsOf(author); return given ? [family, suffix, given].filter(Boolean).map(escaped).join(", ") : `{${escaped(family)}}`; };
    const fields = {
      title: `{${escaped(paper.title)}}`, author: paper.authors.map(name).join(" and "), year: paper.year, journal: paper.journal && escaped(paper.journal),
      doi: paper.doi && escaped(paper.doi), url: paper.url?.replace(/[{}\\]/g, encodeURIComponent), abstract: paper.abstract && escaped(paper.abstract), keywords: paper.topic && escaped(paper.topic),
    };
    const lines = Object.entries(fields).filter(([, value]) => value).map(([field, value]) => `  ${field} = {${value}}`);
    return `@${paper.journal ? "article" : "misc"}{${key},\n${lines.join(",\n")}\n}\n`;
  }).join("\n");
}

// As arXiv's own snapshot has them.
function jsonLines(papers) {
  return papers.map(paper => `${JSON.stringify({
    id: paper.id, title: paper.title, authors: paper.authors, abstract: paper.abstract, categories: paper.category ?? "",
    doi: paper.doi || null, "journal-ref": paper.journal || null,
    ...(paper.day ? { versions: [{ version: "v1", created: new Date(paper.day).toUTCString() }] } : {}),
  })}\n`).join("");
}

// By format: the ending of the file, its kind, and the function that writes it.
export const FORMATS = {
  CSV: ["csv", "text/csv", csv],
  RIS: ["ris", "application/x-research-info-systems", ris],
  BibTeX: ["bib", "application/x-bibtex", bibtex],
  ids: ["txt", "text/plain", papers => papers.map(paper => `${paper.id}\n`).join("")],
  "JSON lines": ["jsonl", "application/jsonl", jsonLines],
};
