"""Parts of the page Eigen cijfers."""
