import { join } from 'node:path';
import { Controller, Get, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { LazyModuleLoader } from '@nestjs/core';
import { ServeStaticModule } from '@nestjs/serve-static';
import { OrdersModule } from './orders/orders.module';

@Controller()
class AppController {
  constructor(
    private readonly config: ConfigService,
    private readonly lazy: LazyModuleLoader,
  ) {}

  @Get('health')
  health(): object {
    return { ok: true };
  }

  @Get('region')
  region(): object {
    return { region: this.config.get('REGION') };
  }

  /** Loads a module of the application only when it is asked for. */
  @Get('report')
  async report(): Promise<object> {
    const { ReportsModule, ReportsService } = await import('./reports/reports.module');
    const module = await this.lazy.load(() => ReportsModule);
    return module.get(ReportsService).report();
  }
}

@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true, envFilePath: join(__dirname, '../settings.env') }),
    EventEmitterModule.forRoot(),
    ServeStaticModule.forRoot({ rootPath: join(__dirname, '../assets'), serveRoot: '/assets' }),
    OrdersModule,
  ],
  controllers: [AppController],
})
export class AppModule {}
