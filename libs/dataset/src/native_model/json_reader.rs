//! JSON (RFC 8259) token by token, so that a long text is followed without a tree of it in memory and without recursion.

use crate::CorruptPiece;
use std::{borrow::Cow, ops::Range};

/// A text and how far it is read.
#[derive(Debug)]
pub(super) struct JsonReader {
    text: String,
    at: usize,
}

impl JsonReader {
    pub(super) fn new(text: String) -> Self {
        Self { text, at: 0 }
    }

    /// Where [`Self::go_back`] leads to.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn go_back(&mut self, position: usize) {
        self.at = position;
    }

    /// The first byte of the next token.
    pub(super) fn peek(&mut self) -> Result<u8, CorruptPiece> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let space = rest.iter().position(|byte| !is_space(*byte)).ok_or(CorruptPiece)?;
        self.at = self.at.saturating_add(space);
        rest.get(space).copied().ok_or(CorruptPiece)
    }

    /// Takes this byte, which must come next.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), CorruptPiece> {
        if self.peek()? != byte {
            return Err(CorruptPiece);
        }
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    /// Whether another member or value follows in what has begun. Takes the comma in front of it, or the closing bracket.
    pub(super) fn more(&mut self, first: &mut bool, close: u8) -> Result<bool, CorruptPiece> {
        let is_first = std::mem::replace(first, false);
        if self.peek()? == close {
            self.expect(close)?;
            return Ok(false);
        }
        if !is_first {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// Takes a string.
    pub(super) fn string(&mut self) -> Result<Cow<'_, str>, CorruptPiece> {
        let (quoted, has_escapes) = self.quoted()?;
        let quoted = self.text.get(quoted).ok_or(CorruptPiece)?;
        if has_escapes {
            return serde_json::from_str::<String>(quoted).map(Cow::Owned).map_err(|_| CorruptPiece);
        }
        let content = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        content.map(Cow::Borrowed).ok_or(CorruptPiece)
    }

    /// Takes a string; where it is, with its quotation marks, and whether there are escapes in it.
    fn quoted(&mut self) -> Result<(Range<usize>, bool), CorruptPiece> {
        self.expect(b'"')?;
        let start = self.at.saturating_sub(1);
        let mut has_escapes = false;
        loop {
            let rest = self.text.as_bytes().get(self.at..).ok_or(CorruptPiece)?;
            let at = memchr::memchr2(b'"', b'\\', rest).ok_or(CorruptPiece)?;
            self.at = self.at.saturating_add(at).saturating_add(1);
            if rest.get(at) == Some(&b'"') {
                return Ok((start..self.at, has_escapes));
            }
            has_escapes = true;
            self.at = self.at.saturating_add(1);
        }
    }

    /// Takes a number, as it is written, or `null`, `true`, `false`.
    pub(super) fn literal(&mut self) -> Result<&str, CorruptPiece> {
        self.peek()?;
        let rest = self.text.get(self.at..).ok_or(CorruptPiece)?;
        let end = rest.bytes().position(|byte| is_space(byte) || b",]}".contains(&byte)).unwrap_or(rest.len());
        let literal = rest.get(..end).ok_or(CorruptPiece)?;
        let is_number = literal.starts_with(|start: char| start == '-' || start.is_ascii_digit())
            && literal.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        if !is_number && !matches!(literal, "null" | "true" | "false") {
            return Err(CorruptPiece);
        }
        self.at = self.at.saturating_add(end);
        Ok(literal)
    }

    /// Takes `null`, which must come next.
    pub(super) fn null(&mut self) -> Result<(), CorruptPiece> {
        if self.literal()? == "null" { Ok(()) } else { Err(CorruptPiece) }
    }

    /// Takes a value of any kind without looking closely.
    pub(super) fn skip(&mut self) -> Result<(), CorruptPiece> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.quoted()?;
                }
                bracket @ (b'{' | b'[') => {
                    self.expect(bracket)?;
                    depth = depth.saturating_add(1);
                }
                bracket @ (b'}' | b']') => {
                    self.expect(bracket)?;
                    depth = depth.checked_sub(1).ok_or(CorruptPiece)?;
                }
                between @ (b',' | b':') if depth > 0 => self.expect(between)?,
                _ => {
                    self.literal()?;
                }
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Nothing but white space may follow.
    pub(super) fn end(&self) -> Result<(), CorruptPiece> {
        let mut rest = self.text.bytes().skip(self.at);
        if rest.all(is_space) { Ok(()) } else { Err(CorruptPiece) }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
