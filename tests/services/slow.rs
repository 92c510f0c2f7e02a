//! What takes longer than a quick run should.

mod frozen;
