import { Global, Module } from '@nestjs/common';
import { Republisher } from './republisher.js';

/** For whoever runs the service in a process whose log does not outlive it. */
@Global()
@Module({ providers: [Republisher], exports: [Republisher] })
export class RepublishModule {}
