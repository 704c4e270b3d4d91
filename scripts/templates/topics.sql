-- The results as views for DuckDB. Start DuckDB in this folder, and read this file:
--   duckdb -init topics.sql
--   duckdb.execute(open("topics.sql").read())   in Python
-- Columns: docs/files.md.

-- one row per paper, topic, and group, topic or subtopic
CREATE OR REPLACE VIEW papers AS SELECT * FROM 'papers.parquet';
CREATE OR REPLACE VIEW topics AS SELECT * FROM 'topics/topics.parquet';
CREATE OR REPLACE VIEW hierarchy AS SELECT * FROM 'topics/hierarchy.parquet';

-- abstracts, authors and other facets, and which records are one work
CREATE OR REPLACE VIEW texts AS SELECT id, title, abstract, categories, published, updated FROM 'corpus/papers.parquet';
CREATE OR REPLACE VIEW facets AS SELECT * FROM 'corpus/facets.parquet';
CREATE OR REPLACE VIEW authors AS SELECT id, position, value AS author FROM 'corpus/facets.parquet' WHERE facet = 'authors';
CREATE OR REPLACE VIEW works AS SELECT * FROM 'corpus/works.parquet';

-- up to five topics of each paper
CREATE OR REPLACE VIEW memberships AS
  SELECT id, unnest(best.topics) AS topic, unnest(best.shares) AS share
  FROM (SELECT id FROM 'papers.parquet') POSITIONAL JOIN 'MEMBERSHIPS' AS best;
CREATE OR REPLACE VIEW neighbors AS
  SELECT id, unnest(near_ids) AS near_id, generate_subscripts(near_ids, 1) AS rank FROM 'papers.parquet';

-- words, examples, trends
CREATE OR REPLACE VIEW keywords AS SELECT * FROM 'topics/keywords.parquet';
CREATE OR REPLACE VIEW representatives AS SELECT * FROM 'topics/representatives.parquet';
CREATE OR REPLACE VIEW trends AS SELECT * FROM 'topics/trends.parquet';
CREATE OR REPLACE VIEW periods AS SELECT * FROM 'topics/periods.parquet';
CREATE OR REPLACE VIEW subtopic_trends AS SELECT * FROM 'topics/subtopic_trends.parquet';
CREATE OR REPLACE VIEW subtopic_periods AS SELECT * FROM 'topics/subtopic_periods.parquet';

-- everything about a paper in one row
CREATE OR REPLACE VIEW everything AS
  SELECT
    papers.*,
    texts.abstract,
    texts.categories,
    texts.published,
    works.role,
    topics.size AS topic_size,
    topics.keywords AS topic_keywords,
    topics.fields AS topic_fields,
    topics.description AS topic_description,
    topics.stability AS topic_stability,
    topics.mixed AS topic_mixed,
    trends.trend AS topic_trend,
    trends.change_per_year AS topic_change_per_year
  FROM papers
  JOIN texts USING (id)
  JOIN works USING (id)
  LEFT JOIN topics USING (topic)
  LEFT JOIN trends USING (topic);
