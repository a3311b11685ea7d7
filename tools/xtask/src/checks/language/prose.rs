//! The prose of a file: what is written for people, as blocks of words.

use super::phrases::{ProseWord, split_words};
use crate::checks::rust_source::{SourceText, TextKind, split_texts};
use crate::checks::workspace_files::TextFile;

/// The prose of `file`; each block is one comment, one message or one text. Nothing for a file of an unknown kind.
///
/// A message for which `is_example` holds, such as one in a test, is an example of titles and files rather than prose.
pub(super) fn blocks_of_file(
    file: &TextFile,
    is_example: &dyn Fn(&SourceText<'_>) -> bool,
) -> Vec<Vec<ProseWord>> {
    let text = file.text.as_str();
    match file.name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("rs") => {
            let texts = split_texts(text);
            let mut blocks = comment_blocks(&texts);
            let messages = texts.iter().filter(|text| {
                text.kind == TextKind::Message && is_message(text.text) && !is_example(text)
            });
            blocks.extend(messages.map(|text| split_words(&message_text(text.text), text.line)));
            blocks
        }
        Some("c") => comment_blocks(&split_texts(text)),
        // Installers and packages show the last two.
        Some("md" | "txt" | "nsi") | None => vec![split_words(text, 1)],
        Some("js" | "mjs" | "css") => of_script(text),
        Some("html") => vec![split_words(&without_tags(text), 1)],
        Some("toml" | "py" | "sh" | "yml" | "yaml") => of_hash_comments(text),
        _ => Vec::new(),
    }
}

/// Whether a file is compiled for tests only, by its name.
pub(super) fn is_for_tests(name: &str) -> bool {
    name.contains("/tests/") || name.ends_with("/tests.rs") || name.contains("/examples/")
}

/// The comments of Rust code, neighbouring lines as one block.
pub(super) fn comment_blocks(texts: &[SourceText<'_>]) -> Vec<Vec<ProseWord>> {
    let comments: Vec<_> = texts
        .iter()
        .filter(|text| text.kind != TextKind::Message)
        .collect();
    let blocks =
        comments.chunk_by(|one, next| one.kind == next.kind && one.last_line + 1 == next.line);
    blocks
        .map(|block| {
            let lines: Vec<&str> = block.iter().map(|comment| comment.text).collect();
            split_words(&lines.join("\n"), block[0].line)
        })
        .collect()
}

/// Whether a string is written for people: at least two words, and no SQL.
fn is_message(text: &str) -> bool {
    const SQL: [&str; 13] = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "PRAGMA", "WITH",
        "ATTACH", "REPLACE", "AND", "WHERE",
    ];
    let mut parts = text.split_whitespace();
    let first = parts.next().unwrap_or_default();
    let has_letters = |part: &str| part.chars().any(char::is_alphabetic);
    !SQL.contains(&first) && has_letters(first) && parts.any(has_letters)
}

/// A string's text without its escapes and the places where values go; its lines stay.
fn message_text(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('\n') => plain.push('\n'),
                _ => plain.push(' '),
            },
            '{' => {
                let inside = chars.by_ref().take_while(|c| *c != '}');
                let lines = inside.filter(|c| *c == '\n').count();
                plain.push_str("``");
                plain.extend(std::iter::repeat_n('\n', lines));
            }
            c => plain.push(c),
        }
    }
    plain
}

/// The comments and messages of a script or a style sheet.
fn of_script(text: &str) -> Vec<Vec<ProseWord>> {
    let mut blocks = Vec::new();
    let mut line = 1;
    let mut rest = text;
    let mut last = '\n';
    while let Some(first) = rest.chars().next() {
        let (length, prose) = if rest.starts_with("//") && last != ':' {
            let length = rest.find('\n').unwrap_or(rest.len());
            (length, Some(rest[2..length].to_owned()))
        } else if rest.starts_with("/*") {
            let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
            (length, Some(rest[2..length.max(4) - 2].to_owned()))
        } else if matches!(first, '"' | '\'' | '`') {
            let length = quoted_length(rest, first);
            let inside = &rest[1..length.max(2) - 1];
            (length, is_message(inside).then(|| script_text(inside)))
        } else if first == '/' && "(,=:!&|?{};\n[".contains(last) {
            (quoted_length(rest, '/'), None)
        } else {
            (first.len_utf8(), None)
        };
        blocks.extend(prose.map(|prose| split_words(&prose, line)));
        let passed = &rest[..length];
        line += passed.bytes().filter(|b| *b == b'\n').count();
        last = passed.chars().rfind(|c| *c != ' ').unwrap_or(last);
        rest = &rest[length..];
    }
    blocks
}

fn quoted_length(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !is_escaped {
            return at + c.len_utf8();
        }
        if c == '\n' && quote != '`' {
            return at;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    rest.len()
}

fn script_text(inside: &str) -> String {
    without_tags(&message_text(&inside.replace("${", "{")))
}

/// The text with every tag replaced by spaces; its lines stay.
fn without_tags(text: &str) -> String {
    let mut is_tag = false;
    let visible = text.chars().map(|c| {
        let was_tag = is_tag;
        match c {
            '<' => is_tag = true,
            '>' => is_tag = false,
            _ => {}
        }
        if (was_tag || is_tag) && c != '\n' {
            ' '
        } else {
            c
        }
    });
    visible.collect()
}

/// The comments of a file whose comments begin with `#`.
fn of_hash_comments(text: &str) -> Vec<Vec<ProseWord>> {
    let mut blocks = Vec::new();
    let mut block = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let comment = line
            .split_once("# ")
            .filter(|(before, _)| before.is_empty() || before.ends_with(char::is_whitespace));
        match comment {
            Some((_, comment)) => block.extend(split_words(comment, at + 1)),
            None => blocks.push(std::mem::take(&mut block)),
        }
    }
    blocks.push(block);
    blocks.retain(|block| !block.is_empty());
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prose(name: &str, text: &str) -> Vec<String> {
        let file = TextFile {
            name: name.to_owned(),
            text: text.to_owned(),
        };
        let line = |block: Vec<ProseWord>| {
            let words = block
                .into_iter()
                .map(|word| format!("{}:{}", word.line, word.text));
            words.collect::<Vec<_>>().join(" ")
        };
        let is_example = |_: &SourceText<'_>| is_for_tests(name);
        let blocks = blocks_of_file(&file, &is_example);
        blocks.into_iter().map(line).collect()
    }

    #[test]
    fn comments_and_messages_of_rust_are_prose() {
        let source = "//! One\n//! two.\nfn f() {\n    // Three\n    g(\"four {five} six\", \"seven\", \"SELECT a FROM b\");\n}\n";
        assert_eq!(
            prose("crates/x/src/a.rs", source),
            ["1:one 2:two 2:.", "4:three", "5:four 5:` 5:six"]
        );
        assert_eq!(
            prose("crates/x/tests/a.rs", source),
            ["1:one 2:two 2:.", "4:three"]
        );
    }

    #[test]
    fn the_page_is_prose_without_its_markup() {
        assert_eq!(
            prose("a.html", "<p class=\"shot\">One</p>\n<b>two</b>"),
            ["1:one 2:two"]
        );
        assert_eq!(
            prose(
                "a.js",
                "// One\nf('two', `three ${shot} <i>four</i>`, /'/g); // five\n"
            ),
            ["1:one", "2:three 2:` 2:four", "2:five"]
        );
        assert_eq!(
            prose("a.css", "/* One\n   two */ a { b: c }"),
            ["1:one 2:two"]
        );
    }

    #[test]
    fn comments_of_other_files_are_prose() {
        assert_eq!(
            prose("a.toml", "# One\n# two\na = \"b#c\"  # three\n"),
            ["1:one 2:two 3:three"]
        );
        assert!(prose("a.lock", "# One").is_empty());
    }
}
