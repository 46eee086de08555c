using Orleans.Serialization.Cloning;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>Stored objects are immutable: calls within a silo share them. Without this each call would write one into its
/// surrogate and read it again.</summary>
[RegisterCopier]
internal sealed class StoredObjectCopier : ShallowCopier<StoredObject>;
