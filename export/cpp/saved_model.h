// A SavedModel, loaded and run by the same C++ code as in TensorFlow Serving.
#ifndef AAN_EXPORT_CPP_SAVED_MODEL_H_
#define AAN_EXPORT_CPP_SAVED_MODEL_H_

#include <map>
#include <string>
#include <vector>

#include "tensorflow/cc/saved_model/loader.h"
#include "tensorflow/core/framework/tensor.h"

namespace aan {

using Tensors = std::map<std::string, tensorflow::Tensor>;

class SavedModel {
 public:
  // Throws std::runtime_error if there is no usable SavedModel in `folder`.
  // threads: of one operation and between operations; 0: one for each core.
  SavedModel(const std::string& folder, int threads);

  // By name: what each signature takes and gives.
  const std::map<std::string, tensorflow::SignatureDef>& signatures() const {
    return signatures_;
  }

  // Runs one signature; inputs and outputs by the names that the signature has.
  // Throws std::runtime_error: unknown signature, missing or unknown input, or what
  // the graph refuses (a wrong shape or type, landmarks that are not finite, ...).
  Tensors Run(const std::string& signature, const Tensors& inputs) const;

 private:
  const tensorflow::SignatureDef& Signature(const std::string& name) const;

  tensorflow::SavedModelBundle bundle_;
  std::map<std::string, tensorflow::SignatureDef> signatures_;
};

}  // namespace aan

#endif  // AAN_EXPORT_CPP_SAVED_MODEL_H_
