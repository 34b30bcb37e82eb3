#!/usr/bin/env dotnet
// Starts the system or tests it, from nothing but the SDK: `dotnet run loom.cs up`, `dotnet run loom.cs test`.
#:project tools/Cli
#:property PublishAot=false
#:property UseSharedCompilation=false

return await Loomflow.Aspire.Cli.Commands.RunAsync(args, (string)AppContext.GetData("EntryPointFileDirectoryPath")!);
