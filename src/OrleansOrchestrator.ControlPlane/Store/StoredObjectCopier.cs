using Orleans.Serialization.Cloning;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>Stored objects are immutable, so that calls within a silo share them. Otherwise each call would serialise and parse the
/// object.</summary>
[RegisterCopier]
internal sealed class StoredObjectCopier : ShallowCopier<StoredObject>;
