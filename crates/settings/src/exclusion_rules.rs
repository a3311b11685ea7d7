//! The user's exclusion rules in the settings file: adding and removing one, with every comment of the others kept.
//!
//! People write them as a list of inline tables (`rules = [{ app = "x" }]`) or as tables of their own
//! (`[[exclude.rules]]`); either form stays.

use crate::edit::edit_file;
use crate::paths::AppPaths;
use crate::sections::Settings;
use anyhow::Context;
use model::UserError;
use recorder::ExclusionRule;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// Adds a rule after the others, and returns all settings as they are then.
///
/// # Errors
/// When the file cannot be read or written, or the result is not valid; then nothing is written.
pub fn add_rule(paths: &AppPaths, rule: &ExclusionRule) -> anyhow::Result<Settings> {
    edit_file(paths, |doc| {
        insert_rule(doc, rule).context("[exclude] rules is not a list of rules")
    })
}

/// Removes the user's rule of that number, from 1, and returns all settings as they are then.
///
/// # Errors
/// As [`add_rule`], and when there is no such rule.
pub fn remove_rule(paths: &AppPaths, number: usize) -> anyhow::Result<Settings> {
    edit_file(paths, |doc| {
        delete_rule(doc, number).ok_or_else(|| {
            UserError::usage(
                format!("there is no rule {number} of yours"),
                "`uam exclude` lists them with their numbers; `uam config set exclude.defaults false` switches the \
                 built-in ones off.",
            ).into()
        })
    })
}

fn insert_rule(doc: &mut DocumentMut, rule: &ExclusionRule) -> Option<()> {
    let section = doc.entry("exclude").or_insert_with(toml_edit::table);
    let rules = section
        .as_table_like_mut()?
        .entry("rules")
        .or_insert_with(|| Item::Value(Array::new().into()));
    match rules {
        Item::ArrayOfTables(tables) => {
            let mut table = Table::new();
            fill_rule_table(&mut table, rule);
            tables.push(table);
        }
        Item::Value(Value::Array(array)) => append_inline_rule(array, rule),
        _ => return None,
    }
    Some(())
}

fn delete_rule(doc: &mut DocumentMut, number: usize) -> Option<()> {
    let index = number.checked_sub(1)?;
    let section = doc.get_mut("exclude")?.as_table_like_mut()?;
    match section.get_mut("rules")? {
        Item::ArrayOfTables(tables) if index < tables.len() => {
            tables.remove(index);
            if tables.is_empty() {
                section.remove("rules");
            }
        }
        Item::Value(Value::Array(array)) if index < array.len() => remove_element(array, index),
        _ => return None,
    }
    Some(())
}

fn fill_rule_table(table: &mut dyn TableLike, rule: &ExclusionRule) {
    for (part, pattern) in [
        ("app", &rule.app),
        ("exe", &rule.exe),
        ("title", &rule.title),
    ] {
        if let Some(pattern) = pattern {
            table.insert(part, toml_edit::value(pattern));
        }
    }
}

/// Without a comma after it, the last element holds the text that follows; with a comma, the list does. Makes the list
/// hold it.
fn normalise_trailing_comma(array: &mut Array) {
    let last = array.len().checked_sub(1).and_then(|n| array.get_mut(n));
    let Some(decor) = last.map(Value::decor_mut) else {
        return;
    };
    let suffix = decor.suffix().and_then(|s| s.as_str()).unwrap_or_default();
    if suffix.contains('\n') {
        let suffix = suffix.to_owned();
        decor.set_suffix("");
        let trailing = array.trailing().as_str().unwrap_or_default();
        array.set_trailing(format!("{suffix}{trailing}"));
        array.set_trailing_comma(true);
    }
}

/// Adds to a list in the way its last element is written: on the same line, or on a line of its own.
fn append_inline_rule(array: &mut Array, rule: &ExclusionRule) {
    let mut table = InlineTable::new();
    fill_rule_table(&mut table, rule);
    let mut value = Value::from(table);
    normalise_trailing_comma(array);
    let indent = array.iter().last().and_then(|last| {
        element_prefix(last)
            .rsplit_once('\n')
            .map(|(_, i)| i.to_owned())
    });
    if let Some(indent) = indent {
        // The text after the last comma (a comment, the end of the line) stays with the element before it.
        let after = array.trailing().as_str().unwrap_or_default().to_owned();
        let (before, closing) = after.rsplit_once('\n').unwrap_or(("", ""));
        value.decor_mut().set_prefix(format!("{before}\n{indent}"));
        array.push_formatted(value);
        array.set_trailing(format!("\n{closing}"));
        array.set_trailing_comma(true);
    } else {
        array.push(value);
    }
}

/// Removes an element, with the comments above it and beside it.
fn remove_element(array: &mut Array, index: usize) {
    normalise_trailing_comma(array);
    let removed = array.remove(index);
    let removed = element_prefix(&removed).to_owned();
    // A comment beside an element is in the prefix of the next one, up to the end of the line.
    let (comment_of_previous, rest) = removed.split_at(removed.find('\n').unwrap_or(0));
    let join = |next: &str| match next.find('\n') {
        Some(line_end) => format!("{comment_of_previous}{}", &next[line_end..]),
        // All on one line: the next element moves to where this one was.
        None => format!("{comment_of_previous}{rest}"),
    };
    match array.get_mut(index) {
        Some(next) => {
            let joined = join(element_prefix(next));
            next.decor_mut().set_prefix(joined);
        }
        None => {
            let trailing = array.trailing().as_str().unwrap_or_default();
            if trailing.contains('\n') {
                let joined = join(trailing);
                array.set_trailing(joined);
            }
            if array.is_empty() {
                array.set_trailing_comma(false);
            }
        }
    }
}

fn element_prefix(value: &Value) -> &str {
    let raw = value.decor().prefix();
    raw.and_then(|p| p.as_str()).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn rule(app: &str) -> ExclusionRule {
        ExclusionRule {
            app: Some(app.into()),
            ..ExclusionRule::default()
        }
    }

    fn added(text: &str, app: &str) -> String {
        let mut doc: DocumentMut = text.parse().unwrap();
        insert_rule(&mut doc, &rule(app)).unwrap();
        checked(&doc)
    }

    fn removed(text: &str, number: usize) -> String {
        let mut doc: DocumentMut = text.parse().unwrap();
        delete_rule(&mut doc, number).unwrap();
        checked(&doc)
    }

    /// The text, which must be readable as settings.
    fn checked(doc: &DocumentMut) -> String {
        let text = doc.to_string();
        toml::from_str::<Settings>(&text).unwrap();
        text
    }

    #[test]
    fn a_file_delete_rules_gets_its_first() {
        assert_eq!(added("", "x"), "[exclude]\nrules = [{ app = \"x\" }]\n");
        assert_eq!(
            added(
                "# mine\n[exclude]\ndefaults = true # yes\n\n[power]\nlow_percent = 5\n",
                "x"
            ),
            "# mine\n[exclude]\ndefaults = true # yes\nrules = [{ app = \"x\" }]\n\n[power]\nlow_percent = 5\n"
        );
    }

    #[test]
    fn a_list_on_one_line_stays_on_it() {
        let text = "[exclude]\nrules = [{ app = \"a\" }, { title = \"b\", app = \"c\" }] # two\n";
        let three = "[exclude]\nrules = [{ app = \"a\" }, { title = \"b\", app = \"c\" }, { app = \"x\" }] # two\n";
        assert_eq!(added(text, "x"), three);
        assert_eq!(removed(three, 3), text);
        assert_eq!(
            removed(three, 1),
            "[exclude]\nrules = [{ title = \"b\", app = \"c\" }, { app = \"x\" }] # two\n"
        );
        assert_eq!(
            removed(&removed(&removed(three, 1), 1), 1),
            "[exclude]\nrules = [] # two\n"
        );
    }

    const LINES: &str = "\
[exclude]
rules = [
  # the diary
  { app = \"diary\" }, # private
  { title = \"payroll*\" }, # every month
  # the last one
  { app = \"z\" }, # so it is
] # end
";

    #[test]
    fn a_list_of_lines_keeps_every_comment_of_the_others() {
        assert_eq!(
            added(LINES, "x"),
            LINES.replace("] # end", "  { app = \"x\" },\n] # end")
        );
        assert_eq!(
            removed(LINES, 1),
            LINES
                .replace("  # the diary\n", "")
                .replace("  { app = \"diary\" }, # private\n", "")
        );
        assert_eq!(
            removed(LINES, 2),
            LINES.replace("  { title = \"payroll*\" }, # every month\n", "")
        );
        assert_eq!(
            removed(LINES, 3),
            LINES
                .replace("  # the last one\n", "")
                .replace("  { app = \"z\" }, # so it is\n", "")
        );
        let bare = "[exclude]\nrules = [\n    { app = \"a\" }\n]\n";
        assert_eq!(
            added(bare, "x"),
            "[exclude]\nrules = [\n    { app = \"a\" },\n    { app = \"x\" },\n]\n"
        );
        let beside = "[exclude]\nrules = [\n  { app = \"a\" }, # a\n  { app = \"b\" } # b\n]\n";
        assert_eq!(
            added(beside, "x"),
            "[exclude]\nrules = [\n  { app = \"a\" }, # a\n  { app = \"b\" }, # b\n  { app = \"x\" },\n]\n"
        );
        assert_eq!(
            removed(beside, 2),
            "[exclude]\nrules = [\n  { app = \"a\" }, # a\n]\n"
        );
    }

    #[test]
    fn tables_of_their_own_stay_tables() {
        let text =
            "[[exclude.rules]]\n# one\napp = \"a\" # a\n\n[[exclude.rules]]\ntitle = \"b\"\n";
        let three = format!("{text}\n[[exclude.rules]]\napp = \"x\"\n");
        assert_eq!(added(text, "x"), three);
        assert_eq!(removed(&three, 3), text);
        assert_eq!(
            removed(text, 2),
            "[[exclude.rules]]\n# one\napp = \"a\" # a\n"
        );
        let none = removed(&removed(text, 2), 1);
        assert!(!none.contains("rules"), "{none}");
    }

    #[test]
    fn a_number_that_does_not_exist_changes_nothing() {
        for text in ["", "[exclude]\n", "[exclude]\nrules = [{ app = \"a\" }]\n"] {
            for number in [0, 2] {
                let mut doc: DocumentMut = text.parse().unwrap();
                assert_eq!(delete_rule(&mut doc, number), None);
                assert_eq!(doc.to_string(), text);
            }
        }
    }
}
