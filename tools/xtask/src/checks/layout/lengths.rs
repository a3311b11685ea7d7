//! How long files and functions are.

use crate::checks::rust_source::{first_line, inner_trees, is_braces, is_mark, is_word, word_text};
use proc_macro2::TokenTree;

/// A function, from its `fn` to its last brace.
#[derive(Debug, PartialEq)]
pub(super) struct FunctionLength {
    /// Its name.
    pub(super) name: String,
    /// The line of its `fn`, from 1.
    pub(super) line: usize,
    /// How many lines it has.
    pub(super) lines: usize,
}

/// The functions of `code` that have a body, tests included.
pub(super) fn function_lengths(code: &[TokenTree]) -> Vec<FunctionLength> {
    let mut found = Vec::new();
    for (at, token) in code.iter().enumerate() {
        if let [_, TokenTree::Ident(name), rest @ ..] = &code[at..]
            && is_word(token, &["fn"])
            && let Some(end) = rest.iter().find(|t| is_mark(t, ';') || is_braces(t))
            && is_braces(end)
        {
            let line = first_line(token);
            found.push(FunctionLength {
                name: word_text(name),
                line,
                lines: end.span().end().line + 1 - line,
            });
        }
        found.extend(function_lengths(&inner_trees(token)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_as_long_as_its_lines() -> anyhow::Result<()> {
        let source = "fn a(\n    b: [u8; 2],\n) -> u8 {\n    if true { 1 } else { 2 }\n}\ntrait T { fn c(&self); fn d() {} }\n\
            #[cfg(test)]\nmod tests {\n    fn e() {}\n}\ntype F = fn(u8) -> u8;\n";
        let found = function_lengths(&crate::checks::rust_source::parse_code(source)?);
        let found: Vec<_> = found
            .iter()
            .map(|f| (f.name.as_str(), f.line, f.lines))
            .collect();
        assert_eq!(found, [("a", 1, 5), ("d", 6, 1), ("e", 9, 1)]);
        Ok(())
    }
}
