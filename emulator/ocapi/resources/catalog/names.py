"""The collections of catalogs and categories in the store."""

CATALOGS_NAME = "catalogs"
OWNED_PRODUCTS = "catalogs.owned_products"  # catalog and product
ASSIGNED_PRODUCTS = "catalogs.assigned_products"  # catalog and product with an assignment

CATEGORIES_NAME = "categories"  # catalog and category
CHILDREN = "categories.children"  # catalog, parent and category
CLASSIFIED_PRODUCTS = "categories.classified_products"  # catalog, category and product

LINKS = "category_links"  # source and target, each catalog and category, and type
LINKS_BY_TARGET = "category_links.by_target"  # target, source and type

ASSIGNMENTS = "category_product_assignments"  # catalog, category and product
POSITIONED = "category_product_assignments.positioned"  # the same, with a position only
CATEGORIES_OF_PRODUCTS = "products.categories"  # product, catalog and category
