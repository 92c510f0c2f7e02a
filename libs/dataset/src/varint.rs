//! Numbers of variable length in the storage forms of the index: seven bits a byte, lowest first (LEB128).

use crate::CorruptPiece;

/// Appends a number.
pub(crate) fn write(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number as u8) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads a number and moves `rest` behind it.
pub(crate) fn read(rest: &mut &[u8]) -> Result<u64, CorruptPiece> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, behind) = rest.split_first().ok_or(CorruptPiece)?;
        *rest = behind;
        let bits = u64::from(byte & 0x7F);
        if shift == 63 && bits > 1 {
            return Err(CorruptPiece);
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(CorruptPiece)
}

/// Takes bytes and moves `rest` behind them.
pub(crate) fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], CorruptPiece> {
    let (taken, behind) = rest.split_at_checked(length).ok_or(CorruptPiece)?;
    *rest = behind;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut out = Vec::new();
            super::write(&mut out, number);
            let mut rest = out.as_slice();
            assert_eq!(super::read(&mut rest).unwrap(), number);
            assert!(rest.is_empty());
        }
        assert!(super::read(&mut [0xFF_u8; 10].as_slice()).is_err());
        assert!(super::read(&mut [0x80_u8].as_slice()).is_err());
    }
}
