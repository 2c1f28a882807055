//! The access matrix: every login role × every table of the catalogue × every operation × every context, by plain SQL,
//! with the number of rows that must be touched. `access_matrix.txt` and `column_grants.txt` are the expectation.
//!
//! Counts, because a role with a grant and no policy gets no error and no rows: "no error" proves nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use curtain_auth::ContextToken;
use sqlx::PgConnection;

use crate::support::matrix::{Contexts, MatrixWorld, insert_statement};
use crate::support::sql::{self, Refusal};

const EXPECTED: &str = include_str!("access_matrix.txt");
const EXPECTED_COLUMNS: &str = include_str!("column_grants.txt");
const ROLES: [&str; 7] = [
    "curtain_credentials",
    "curtain_patient",
    "curtain_clinician",
    "curtain_admin",
    "curtain_auditor",
    "curtain_guest",
    "curtain_worker",
];
const OPERATIONS: [&str; 4] = ["select", "insert", "update", "delete"];
/// Everything outside of Postgres' own schemas.
const TABLES: &str = "select format('%I.%I', n.nspname, c.relname) from pg_class c \
    join pg_namespace n on n.oid = c.relnamespace \
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') \
    and n.nspname not like 'pg_temp%' order by 1";

/// What the file says about one role, table and operation: own, other, none.
type Cells = BTreeMap<(String, String, String), [String; 3]>;

fn expectation() -> (BTreeSet<String>, Cells) {
    let (mut tables, mut cells) = (BTreeSet::new(), Cells::new());
    for line in EXPECTED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["table", name] => assert!(tables.insert(name.to_owned()), "{name} is listed twice"),
            [role, table, operation, own, other, none] => {
                let key = (role.to_owned(), table.to_owned(), operation.to_owned());
                let counts = [own, other, none].map(str::to_owned);
                assert!(cells.insert(key, counts).is_none(), "twice: {line}");
            }
            _ => panic!("can't be read: {line}"),
        }
    }
    (tables, cells)
}

#[tokio::test]
async fn every_role_reaches_what_it_should_and_nothing_else() {
    let world = MatrixWorld::new().await;
    let mut owner = sql::connect(&world.database().owner_url()).await;
    let (listed, cells) = expectation();
    let tables = sql::texts(&mut owner, TABLES).await;
    assert_eq!(
        tables.iter().cloned().collect::<BTreeSet<_>>(),
        listed,
        "a table without a line has no reviewed rights"
    );

    let (mut checked, mut wrong) = (0, String::new());
    for role in ROLES {
        let mut connection = sql::connect(&world.database().url_as(role)).await;
        let contexts = world.contexts(role).await;
        for table in &tables {
            for operation in OPERATIONS {
                let statement = world.statement(&mut owner, role, table, operation).await;
                let key = (role.to_owned(), table.clone(), operation.to_owned());
                let expected = cells.get(&key).cloned().unwrap_or_else(|| ["denied"; 3].map(str::to_owned));
                for (name, context, wanted) in columns(&contexts, &expected) {
                    let touched = touch(&mut connection, context, &statement).await;
                    checked += 1;
                    if touched != wanted {
                        writeln!(wrong, "{role} {table} {operation} ({name}): {touched}, not {wanted}")
                            .unwrap();
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(cells.keys().all(|(role, table, _)| ROLES.contains(&role.as_str()) && listed.contains(table)));
    report(&format!("access matrix: {checked} cells"));
    assert!(checked >= 3_000, "only {checked} cells (T1)");
}

/// The seven contexts and what each must do. Whoever has no business there does what nobody can.
fn columns<'a>(
    contexts: &'a Contexts,
    expected: &'a [String; 3],
) -> [(&'static str, Option<&'a ContextToken>, &'a str); 7] {
    let [own, other, none] = expected;
    [
        ("own", Some(&contexts.own), own),
        ("other", Some(&contexts.other), other),
        ("none", None, none),
        ("another role's", Some(&contexts.of_another_role), none),
        ("an ended session's", Some(&contexts.ended), none),
        ("an expired session's", Some(&contexts.expired), none),
        ("a stranger's", Some(&contexts.invented), none),
    ]
}

async fn touch(connection: &mut PgConnection, context: Option<&ContextToken>, statement: &str) -> String {
    sql::begin(connection, context).await;
    let touched = if statement.starts_with("select") {
        sql::number(connection, statement).await.map(i64::cast_unsigned)
    } else {
        sql::attempt(connection, statement).await
    };
    sql::run(connection, "rollback").await;
    match touched {
        Ok(rows) => rows.to_string(),
        Err(Refusal::Denied) => "denied".to_owned(),
        Err(Refusal::Policy) => "refused".to_owned(),
        Err(Refusal::Other(why)) => why,
    }
}

impl MatrixWorld {
    /// A statement that touches every row it may.
    async fn statement(&self, owner: &mut PgConnection, role: &str, table: &str, operation: &str) -> String {
        match operation {
            "select" => format!("select count(*) from {table}"),
            "delete" => format!("delete from {table}"),
            "insert" => insert_statement(self, table),
            _ => {
                let (column, readable) = updatable_column(owner, role, table).await;
                // An account can only be activated: to leave its state as it is would be refused.
                let value = match (column.as_str(), readable) {
                    ("state", _) if table == "curtain.account" => "'active'".to_owned(),
                    (_, true) => column.clone(),
                    (_, false) => "null".to_owned(),
                };
                format!("update {table} set {column} = {value}")
            }
        }
    }
}

/// A column that the role may update, one it may read as well where there is one; any column where there is none.
async fn updatable_column(owner: &mut PgConnection, role: &str, table: &str) -> (String, bool) {
    let query = format!(
        "select attname::text || '|' || has_column_privilege('{role}', attrelid, attnum, 'select')::text \
         from pg_attribute where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped \
         order by has_column_privilege('{role}', attrelid, attnum, 'update') desc, \
             has_column_privilege('{role}', attrelid, attnum, 'select') desc, attgenerated, attnum limit 1"
    );
    let found = sql::texts(owner, &query).await.pop().expect("a table has columns");
    let (column, readable) = found.split_once('|').expect("two parts");
    (column.to_owned(), readable == "true")
}

#[tokio::test]
async fn every_column_grant_is_a_reviewed_one() {
    let world = MatrixWorld::new().await;
    let mut owner = sql::connect(&world.database().owner_url()).await;
    // What Postgres would let each role do, not just what was granted to it by name.
    let roles = [&ROLES[..], &["curtain_lookup", "public"]].concat().join("', '");
    let query = format!(
        "select format('%s %I.%I %s: %s', role, n.nspname, c.relname, privilege, \
            coalesce(string_agg(a.attname::text, ' ' order by a.attname) \
                filter (where has_column_privilege(role, c.oid, a.attnum, privilege)), '-')) || '|' || count(*) \
        from unnest(array['{roles}']) role, unnest(array['select', 'insert', 'update', 'references']) privilege, \
            pg_class c join pg_namespace n on n.oid = c.relnamespace \
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
        where format('%I.%I', n.nspname, c.relname) = any (array({TABLES})) \
        group by role, n.nspname, c.relname, privilege order by 1"
    );
    let (mut cells, mut granted) = (0, Vec::new());
    for line in sql::texts(&mut owner, &query).await {
        let (line, columns) = line.rsplit_once('|').expect("a count");
        cells += columns.parse::<usize>().expect("a number");
        if !line.ends_with(": -") {
            granted.push(line.to_owned());
        }
    }
    let reviewed: Vec<&str> =
        EXPECTED_COLUMNS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(granted, reviewed, "\n{}", granted.join("\n"));
    report(&format!("column grants: {cells} cells, {} lines of grants", granted.len()));
    assert!(cells >= 3_000, "only {cells} cells (T1)");
}

#[tokio::test]
async fn nobody_may_truncate_reference_or_hook_a_table() {
    let world = MatrixWorld::new().await;
    let mut owner = sql::connect(&world.database().owner_url()).await;
    let mut roles = ROLES.to_vec();
    roles.extend(["curtain_lookup", "public"]);
    for table in sql::texts(&mut owner, TABLES).await {
        for role in &roles {
            for privilege in ["truncate", "references", "trigger"] {
                let query =
                    format!("select has_table_privilege('{role}', '{table}', '{privilege}')::int::bigint");
                assert_eq!(sql::number(&mut owner, &query).await, Ok(0), "{role} {privilege} {table}");
            }
        }
    }
}

/// Prints a figure of a passing test.
#[expect(clippy::print_stdout, reason = "the figure belongs into the log of the test run")]
fn report(line: &str) {
    println!("{line}");
}
