"""The names of the store's collections with the documents of libraries."""

LIBRARIES_NAME = "libraries"
CONTENT_NAME = "content"
FOLDERS_NAME = "content_folders"
ASSIGNMENTS_NAME = "folder_assignments"  # library, content and folder
ASSIGNED_CONTENT = "folder_assignments.by_folder"  # library, folder and content
DEFAULT_FOLDERS = "folder_assignments.default"  # library, content and classification folder
SUB_FOLDERS = "content_folders.below"  # library, parent folder and folder
ENTRIES = (ASSIGNED_CONTENT, DEFAULT_FOLDERS, SUB_FOLDERS)
"""The collections that follow from others."""
