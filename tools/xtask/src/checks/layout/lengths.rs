//! How long files and functions are.

use crate::checks::rust_tokens::{Token, TokenKind, find_closing, split_tokens};

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

/// The functions of `source` that have a body, tests included.
pub(super) fn function_lengths(source: &str) -> Vec<FunctionLength> {
    let mut code = split_tokens(source);
    code.retain(|token| !token.is_comment());
    let mut found = Vec::new();
    for (at, token) in code.iter().enumerate() {
        let Some(name) = code.get(at + 1) else { break };
        if !token.is_word("fn") || name.kind != TokenKind::Word {
            continue;
        }
        if let Some(end) = body_end(&code, at + 2) {
            found.push(FunctionLength {
                name: name.text.to_owned(),
                line: token.line,
                lines: code[end].line + 1 - token.line,
            });
        }
    }
    found
}

/// The last brace of the function whose parameters begin near `at`; nothing for one without a body.
fn body_end(code: &[Token<'_>], mut at: usize) -> Option<usize> {
    loop {
        let token = code.get(at)?;
        if token.is_mark(';') {
            return None;
        }
        if token.is_mark('{') {
            return find_closing(code, at);
        }
        at = match token.text {
            "(" | "[" => find_closing(code, at)? + 1,
            _ => at + 1,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_as_long_as_its_lines() {
        let source = "fn a(\n    b: [u8; 2],\n) -> u8 {\n    if true { 1 } else { 2 }\n}\ntrait T { fn c(&self); fn d() {} }\n\
            #[cfg(test)]\nmod tests {\n    fn e() {}\n}\ntype F = fn(u8) -> u8;\n";
        let found = function_lengths(source);
        let found: Vec<_> = found
            .iter()
            .map(|f| (f.name.as_str(), f.line, f.lines))
            .collect();
        assert_eq!(found, [("a", 1, 5), ("d", 6, 1), ("e", 9, 1)]);
    }
}
