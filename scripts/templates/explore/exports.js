// Papers as the text of a file: CSV, RIS, BibTeX, ids, and JSON lines that the workflow reads.

const PARTICLE = /^(van|von|vom|zu|zur|de|der|den|del|della|di|da|dos|du|la|le|el|al|bin|ibn|ter|ten)$/i;
const GROUP = /\b(collaboration|consortium|team|group|initiative|network|association|organization|university|institute|committee)$/i;

// A name as [family, given]; given is empty for a group, and for a name of one word.
function partsOf(name) {
  const words = name.split(" ");
  if (words.length < 2 || GROUP.test(name)) return [name, ""];
  let at = words.length - 1;
  if (/^(jr|sr|ii|iii|iv)\.?$/i.test(words[at]) && at > 1) at--;
  while (at > 1 && PARTICLE.test(words[at - 1])) at--;
  return [words.slice(at).join(" "), words.slice(0, at).join(" ")];
}

const cell = value => (/[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

function csv(papers) {
  const columns = ["id", "title", "authors", "year", "category", "topic", "subtopic", "journal", "doi", "url"];
  const row = paper => columns.map(name => cell(String((name === "authors" ? paper.authors.join("; ") : paper[name]) ?? ""))).join(",");
  return [columns.join(","), ...papers.map(row)].map(line => `${line}\r\n`).join("");
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
    const name = author => { const [family, given] = partsOf(author); return given ? `${escaped(family)}, ${escaped(given)}` : `{${escaped(family)}}`; };
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
