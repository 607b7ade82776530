"""Pages for people: the developer portal, the back office, and what anybody may open."""
