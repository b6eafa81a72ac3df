"""The collections of catalogs and categories in the store."""

CATALOGS_NAME = "catalogs"
OWNED_PRODUCTS = "catalogs.owned_products"  # catalog and product

CATEGORIES_NAME = "categories"  # catalog and category
CHILDREN_BY_PARENT = "categories.children"  # catalog, parent and category
CLASSIFIED_PRODUCTS = "categories.classified_products"  # catalog, category and product

LINKS = "category_links"  # source and target, each catalog and category, and type
LINKS_BY_TARGET = "category_links.by_target"  # target, source and type

ASSIGNMENTS = "category_product_assignments"  # catalog, category and product
POSITIONED_PRODUCTS = "category_product_assignments.positioned"  # the same, with a position only
NUMBERINGS_OF_CATEGORIES = "category_product_assignments.numberings"  # catalog and category
CATEGORIES_OF_PRODUCTS = "products.categories"  # product, catalog and category
"""A key alone is no assignment: a deleted category leaves the keys of the products."""

SORTING_ASSIGNMENTS = "sorting_rule_campaign_assignments"  # site, campaign and category
CAMPAIGNS_BY_CATEGORY = f"{SORTING_ASSIGNMENTS}.by_category"  # catalog, category, site and campaign
