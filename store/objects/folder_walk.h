// Ways through the folders of a FolderStore, one checked word at a time.
// Threads: any. Errors: those of os_error(); kInvalid for a name that is none.
#pragma once

#include <string>
#include <vector>

#include "store/objects/files.h"
#include "store/objects/object_store.h"

namespace fuzzmill::store {

// Where an object lies: the folder it is in, opened, and its last word.
struct FolderPlace {
  FileDescriptor folder;
  std::string word;
};
enum class Missing { kError, kMake };  // what of folders that are not there: kNotFound, or made and durable
schema::Result<FolderPlace> find_place(int root, const std::string& name, Missing missing);

// Regular files below `root` whose names begin with `prefix`, sorted by name. What is no file or folder of
// ours (links, devices, names that are none) is passed over.
schema::Result<std::vector<StoredObject>> list_folder(int root, const std::string& prefix);

// A whole folder gets another name, durably. Never replaces: kConflict. kNotFound when it is not there.
schema::Status rename_folder(int root, const std::string& from, const std::string& to);
// A folder and all below it, links as links; fine when it is gone already.
schema::Status remove_folder(int root, const std::string& name);

// Removes the folders of `name` that are empty, from the innermost outwards.
void remove_empty_folders(int root, const std::string& name);

}  // namespace fuzzmill::store
