global using k8s.Models;
global using KubeObject = k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>;
