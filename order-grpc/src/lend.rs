//! Between the form in which a port takes something and the form in which it travels.

/// What travels in place of something.
pub(crate) trait Keep<Kept> {
    /// Makes it.
    fn keep(self) -> Kept;
}

/// What a port is given of what has travelled.
pub(crate) trait Lend<'a, Lent> {
    /// Makes it.
    fn lend(&'a self) -> Lent;
}

impl<T> Keep<T> for T {
    fn keep(self) -> T {
        self
    }
}

impl<T: Clone> Keep<T> for &T {
    fn keep(self) -> T {
        self.clone()
    }
}

impl<T: Clone> Keep<Option<T>> for Option<&T> {
    fn keep(self) -> Option<T> {
        self.cloned()
    }
}

impl Keep<String> for &str {
    fn keep(self) -> String {
        self.to_owned()
    }
}

impl<T: Clone> Lend<'_, T> for T {
    fn lend(&self) -> T {
        self.clone()
    }
}

impl<'a, T> Lend<'a, &'a T> for T {
    fn lend(&'a self) -> &'a T {
        self
    }
}

impl<'a, T> Lend<'a, Option<&'a T>> for Option<T> {
    fn lend(&'a self) -> Option<&'a T> {
        self.as_ref()
    }
}

impl<T: Clone> Keep<Vec<T>> for &[T] {
    fn keep(self) -> Vec<T> {
        self.to_vec()
    }
}

impl<'a, T> Lend<'a, &'a [T]> for Vec<T> {
    fn lend(&'a self) -> &'a [T] {
        self
    }
}

impl<'a> Lend<'a, &'a str> for String {
    fn lend(&'a self) -> &'a str {
        self
    }
}
