#include "saved_model.h"

#include <stdexcept>

#include "tensorflow/core/public/session.h"

namespace aan {
namespace {

// The tag of graphs for inference.
const char kServe[] = "serve";
// The loader's own entry, which is no signature to call.
const char kInitialization[] = "__saved_model_init_op";

void Check(const absl::Status& status) {
  if (!status.ok()) throw std::runtime_error(std::string(status.message()));
}

}  // namespace

SavedModel::SavedModel(const std::string& folder, int threads) {
  tensorflow::SessionOptions options;
  options.config.set_intra_op_parallelism_threads(threads);
  options.config.set_inter_op_parallelism_threads(threads);
  Check(tensorflow::LoadSavedModel(options, tensorflow::RunOptions(), folder,
                                   {kServe}, &bundle_));
  for (const auto& [name, signature] : bundle_.GetSignatures()) {
    if (name != kInitialization) signatures_[name] = signature;
  }
}

Tensors SavedModel::Run(const std::string& signature, const Tensors& inputs) const {
  const tensorflow::SignatureDef& definition = Signature(signature);
  std::vector<std::pair<std::string, tensorflow::Tensor>> feeds;
  for (const auto& [name, tensor] : inputs) {
    const auto found = definition.inputs().find(name);
    if (found == definition.inputs().end()) {
      throw std::runtime_error("signature " + signature + " has no input " + name);
    }
    feeds.emplace_back(found->second.name(), tensor);
  }
  for (const auto& [name, info] : definition.inputs()) {
    if (!inputs.count(name)) {
      throw std::runtime_error("signature " + signature + " needs the input " + name);
    }
  }
  std::vector<std::string> names, fetches;
  for (const auto& [name, info] : definition.outputs()) {
    names.push_back(name);
    fetches.push_back(info.name());
  }
  std::vector<tensorflow::Tensor> results;
  Check(bundle_.GetSession()->Run(feeds, fetches, {}, &results));
  Tensors outputs;
  for (size_t i = 0; i < names.size(); ++i) outputs[names[i]] = results[i];
  return outputs;
}

const tensorflow::SignatureDef& SavedModel::Signature(const std::string& name) const {
  const auto found = signatures_.find(name);
  if (found == signatures_.end()) {
    std::string known;
    for (const auto& [other, definition] : signatures_) known += " " + other;
    throw std::runtime_error("there is no signature " + name + ", only" + known);
  }
  return found->second;
}

}  // namespace aan
